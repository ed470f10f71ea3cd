/**
 * What the fields of messages between peers may hold: predicates on values that JSON has brought, of any type.
 */
import { ACCOUNT, type Account } from '../ledger/account.ts';

/** Heights beyond this are refused: no chain of ours reaches it, and sums with it stay exact. */
const HEIGHT_LIMIT = 2 ** 40;
const HASH = /^[0-9a-f]{64}$/;
const PUBLIC_KEY = /^0[23][0-9a-f]{64}$/;

/** A height, a clock in milliseconds, or any other whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= 0 &&
    value <= HEIGHT_LIMIT * 4096
  );
}

/** A block's hash: 64 lower-case hex digits. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value);
}

/** A compressed public key: 66 lower-case hex digits. */
export function isPublicKey(value: unknown): value is string {
  return typeof value === 'string' && PUBLIC_KEY.test(value);
}

/** A node id: 40 lower-case hex digits. */
export function isNodeId(value: unknown): value is Account {
  return typeof value === 'string' && ACCOUNT.test(value);
}
