/**
 * Targets: a hash meets a target when, as a big-endian unsigned integer, it is not greater (R4).
 */
import { bigintToBytes, bytesToBigint } from './bytes.ts';

/** The target of the reference miners: about 2.1 million hashes a block (R4). */
export const HOMEWORK_TARGET = 1n << 235n;

/** The easiest target: every hash meets it. */
export const MAX_TARGET = (1n << 256n) - 1n;

const TWO_256 = 1n << 256n;

/**
 * Significant bits of a target that `class` rules derive. An index then keeps a target in four bytes, as Bitcoin's nBits
 * do; the formula itself is a thousand times less exact.
 */
export const SIGNIFICANT_TARGET_BITS = 24;

/** Whether a hash of 32 bytes, big-endian, is at most the target. */
export function meetsTarget(hash: Uint8Array, target: bigint): boolean {
  // The first 48 bits settle nearly every case, without a number of 256 bits.
  const first = readFirstBits(hash);
  const limit = Number(target >> 208n);
  return first === limit ? bytesToBigint(hash) <= target : first < limit;
}

/** The target, rounded down to {@link SIGNIFICANT_TARGET_BITS}. */
export function roundTarget(target: bigint): bigint {
  const surplus = BigInt(Math.max(0, target.toString(2).length - SIGNIFICANT_TARGET_BITS));
  return (target >> surplus) << surplus;
}

/** The number of hashes that a proof for this target takes on average, rounded down: 2^256 / (target + 1). */
export function workOfTarget(target: bigint): bigint {
  return TWO_256 / (target + 1n);
}

/** The target as 32 big-endian bytes, as proof-of-work kernels take it. */
export function targetToBytes(target: bigint): Uint8Array {
  return bigintToBytes(target, 32);
}

/** The target as 64 hex digits. */
export function targetToHex(target: bigint): string {
  return target.toString(16).padStart(64, '0');
}

/** The target as a person would write it: `2**235` where it is a power of two, else hex. {@link readTarget} reads both. */
export function writeTarget(target: bigint): string {
  const exponent = target.toString(2).length - 1;
  return target === 1n << BigInt(exponent) ? `2**${exponent}` : target.toString(16);
}

export type TargetText = { ok: true; target: bigint } | { ok: false; reason: string };

/**
 * Reads a target as a person writes it: `2**235`, `2^235`, or hex with or without `0x`.
 * Valid targets are 1 to 2^256 - 1; with zero no hash would ever be good enough.
 */
export function readTarget(text: string): TargetText {
  const power = /^2(?:\*\*|\^)(\d{1,3})$/.exec(text.trim());
  const hex = /^(?:0x)?([0-9a-fA-F]{1,64})$/.exec(text.trim());
  let target: bigint;
  if (power !== null) target = 1n << BigInt(power[1]!);
  else if (hex !== null) target = BigInt('0x' + hex[1]!);
  else return { ok: false, reason: `"${text}" is no target: write 2**235, or up to 64 hex digits` };
  if (target === 0n) return { ok: false, reason: 'a target of zero can never be met' };
  if (target > MAX_TARGET) return { ok: false, reason: 'a target must be below 2**256' };
  return { ok: true, target };
}

/** The most significant 48 bits of a hash. */
function readFirstBits(hash: Uint8Array): number {
  const high = (hash[0]! << 16) | (hash[1]! << 8) | hash[2]!;
  const low = (hash[3]! << 16) | (hash[4]! << 8) | hash[5]!;
  return high * 0x100_0000 + low;
}
