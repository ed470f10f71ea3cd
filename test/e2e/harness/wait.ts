/**
 * Waiting for conditions instead of for time, with a failure that says what was awaited and what was seen last.
 */

const POLL_MS = 100;

export interface WaitOptions {
  readonly timeoutMs: number;
  /** What is awaited, as the end of the sentence "gave up waiting until …". A function is asked at the end. */
  readonly describe: string | (() => string);
  readonly pollMs?: number;
}

/**
 * Calls the condition until it answers something other than null, undefined or false, and returns that. A condition
 * that throws counts as not met yet; its last error stands in the failure.
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  { timeoutMs, describe, pollMs = POLL_MS }: WaitOptions,
): Promise<NonNullable<Exclude<Value, false>>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let lastError: unknown = null;
    try {
      const value = await condition();
      if (value !== null && value !== undefined && value !== false)
        return value as NonNullable<Exclude<Value, false>>;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadlineMs) {
      const words = typeof describe === 'string' ? describe : describe();
      throw new Error(`gave up after ${timeoutMs / 1000} s waiting until ${words}`, {
        ...(lastError !== null && { cause: lastError }),
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
