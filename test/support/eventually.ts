/**
 * Assertions that come true in a while: a whole machine under load may stand still for seconds.
 */
import { vi } from 'vitest';

/** Longer than any stall of a busy two-core machine that was seen; what is broken is only told later. */
const LIMIT_MS = 60_000;
const INTERVAL_MS = 20;

/** Repeats the assertions until none throws; throws what the last try threw once the limit is over. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: LIMIT_MS, interval: INTERVAL_MS });
}
