/**
 * The key space of the overlay (R11): 160-bit ids as 40 lower-case hex digits, and the XOR distance between them
 * (Maymounkov and Mazières, "Kademlia", 2002).
 */
import type { Account } from '../../ledger/account.ts';

/** Bits of an id. There is one bucket for each: bucket i holds what differs from us in bit i first, 159 the highest. */
export const ID_BITS = 160;
const ID_DIGITS = ID_BITS / 4;
const HIGH_DIGITS = 8;

/** Negative where `a` is nearer to `target` than `b`, positive where `b` is, 0 where they are the same id. */
export function compareDistance(target: Account, a: Account, b: Account): number {
  for (let at = 0; at < ID_DIGITS; at++) {
    const digitA = a.charCodeAt(at);
    const digitB = b.charCodeAt(at);
    if (digitA === digitB) continue;
    const digit = valueOf(target.charCodeAt(at));
    return (valueOf(digitA) ^ digit) - (valueOf(digitB) ^ digit);
  }
  return 0;
}

/** Whether `a` is nearer to `target` than `b`. */
export function isNearer(target: Account, a: Account, b: Account): boolean {
  return compareDistance(target, a, b) < 0;
}

/** The highest 32 bits of an id: they tell nearly always which of two is nearer, in one operation. */
export function highBits(id: Account): number {
  let bits = 0;
  for (let at = 0; at < HIGH_DIGITS; at++) bits = (bits << 4) | valueOf(id.charCodeAt(at));
  return bits >>> 0;
}

/** The bucket of `other` as seen from `self`: the highest bit in which they differ, -1 where they are the same. */
export function bucketOf(self: Account, other: Account): number {
  for (let at = 0; at < ID_DIGITS; at++) {
    const difference = valueOf(self.charCodeAt(at)) ^ valueOf(other.charCodeAt(at));
    if (difference !== 0) return ID_BITS - 1 - 4 * at - (Math.clz32(difference) - 28);
  }
  return -1;
}

/** Whether a bit is set, 0 being the lowest. */
export function hasBit(id: Account, bit: number): boolean {
  const digit = valueOf(id.charCodeAt(ID_DIGITS - 1 - (bit >> 2)));
  return (digit & (1 << (bit & 3))) !== 0;
}

/** The id that differs in this one bit, 0 being the lowest. */
export function flipBit(id: Account, bit: number): Account {
  const at = ID_DIGITS - 1 - (bit >> 2);
  const digit = valueOf(id.charCodeAt(at)) ^ (1 << (bit & 3));
  return id.slice(0, at) + digit.toString(16) + id.slice(at + 1);
}

/** Value of a lower-case hex digit, from its character code. */
function valueOf(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
