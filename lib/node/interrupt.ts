/**
 * Ends a command by Ctrl-C: the first time cleanly, the second time at once.
 */

/** As shells name the end by an interrupt: 128 and the number of the signal. */
export const INTERRUPTED_EXIT_CODE = 130;

/**
 * One press of Ctrl-C may come twice within this time: from the terminal, and passed on by a parent such as npm.
 */
const SAME_PRESS_MS = 250;

/**
 * A signal that is aborted by the first Ctrl-C, or by the system asking the process to end; the next one ends the
 * process at once. The process stays alive until then, or until `release` is called.
 */
export function catchInterrupts(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let firstMs = 0;
  const interrupt = () => {
    if (!controller.signal.aborted) {
      firstMs = performance.now();
      controller.abort();
    } else if (performance.now() - firstMs > SAME_PRESS_MS) process.exit(INTERRUPTED_EXIT_CODE);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
