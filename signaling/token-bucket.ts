/**
 * A rate limit that allows bursts: a bucket of tokens that refills steadily; each message takes one (R26). Pure.
 */
export interface TokenBucket {
  /** Takes one token. False where none is left. */
  take(nowMs: number): boolean;
}

/** A full bucket. `nowMs` is any monotonic clock, the same in all calls. */
export function createTokenBucket(
  capacity: number,
  tokensPerSecond: number,
  nowMs: number,
): TokenBucket {
  let tokens = capacity;
  let filledAtMs = nowMs;
  return {
    take(now) {
      const elapsedMs = Math.max(0, now - filledAtMs);
      filledAtMs = Math.max(filledAtMs, now);
      tokens = Math.min(capacity, tokens + (elapsedMs * tokensPerSecond) / 1000);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
