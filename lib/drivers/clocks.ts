/**
 * The two clocks of this machine, in the shape that the peer takes them (R31).
 */
import type { Randomness } from '../net/links/fair-loss.ts';
import type { Clocks } from '../peer/inputs.ts';

export function readClocks(): Clocks {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** Randomness that differs in every life of the process. */
export const systemRandomness: Randomness = {
  uniform: drawRandom,
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

/** Uniform in [0, 1), from the system's source of randomness. */
export function drawRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
