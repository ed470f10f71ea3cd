/**
 * How an account looks on the screen: a colour of some hue and shade, a mark of squares, and the first digits of its id.
 * The colour never stands alone; the mark and the name say the same to those who cannot tell colours apart.
 */

export interface AccountLook {
  /** Degrees on the colour wheel. */
  readonly hue: number;
  /** -1, 0 or 1: darker and lighter shades tell more accounts apart than hues alone. */
  readonly shade: number;
  /** 0 for the grey of blocks that name no account, else 1. */
  readonly chroma: 0 | 1;
  /** Path of a mirrored pattern on a grid of 5 × 5. */
  readonly mark: string;
  /** The first six digits of the account, or `no account`. */
  readonly prefix: string;
}

/** Looks are kept for this many accounts: far more than a room shows at once, and a bound against a flood of them. */
const KEPT_LOOKS = 2_000;
const PREFIX_DIGITS = 6;
/** A mark with fewer squares in its left half than this would look empty. */
const LEAST_SQUARES = 5;

const ANONYMOUS: AccountLook = {
  hue: 0,
  shade: 0,
  chroma: 0,
  mark: 'M1 1h3v1h-1v1h-1v1h-1z',
  prefix: 'no account',
};

const kept = new Map<string, AccountLook>();

/** The look of an account of 40 hex digits; null, or anything else, gets the grey one. The same everywhere. */
export function lookOf(account: string | null): AccountLook {
  if (account === null || !/^[0-9a-f]{40}$/.test(account)) return ANONYMOUS;
  const known = kept.get(account);
  if (known !== undefined) return known;
  const look: AccountLook = {
    hue: Math.round((parseInt(account.slice(0, 4), 16) / 0x10000) * 360),
    shade: (parseInt(account.slice(12, 14), 16) % 3) - 1,
    chroma: 1,
    mark: drawMark(parseInt(account.slice(4, 12), 16)),
    prefix: account.slice(0, PREFIX_DIGITS),
  };
  if (kept.size >= KEPT_LOOKS) kept.clear();
  kept.set(account, look);
  return look;
}

/** Fifteen bits fill the left half and the middle column; the right half mirrors the left one. */
function drawMark(bits: number): string {
  let pattern = bits & 0x7fff;
  let next = bits >>> 15;
  for (let i = 0; countBits(pattern) < LEAST_SQUARES; i++, next = (next >>> 1) | 1)
    pattern |= 1 << ((next + i * 4) % 15);
  let path = '';
  for (let cell = 0; cell < 15; cell++) {
    if (((pattern >>> cell) & 1) === 0) continue;
    const row = cell % 5;
    const column = Math.floor(cell / 5);
    path += `M${column} ${row}h1v1h-1z`;
    if (column < 2) path += `M${4 - column} ${row}h1v1h-1z`;
  }
  return path;
}

function countBits(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}
