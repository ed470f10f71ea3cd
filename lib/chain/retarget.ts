/**
 * The target of a `class` room's next block: a relative ASERT, so that blocks come one spacing apart on average.
 *
 * target × 2^((min(Δt, clamp) − T) / h), in the integer arithmetic of aserti3-2d (Bitcoin Cash, 2020): Δt is the time
 * between a block and its parent, T the aim; rules.ts says which times are compared. A block that is late may also use
 * a target that doubles with every further T by its own time, so that a room that lost its laptops wakes up within
 * minutes. The easing is not carried into the following targets: a pause of a day must cause no burst.
 *
 * The constants come from simulations of 200 rooms (`npm run soak -- class`), 60 blocks after each change of power.
 */

/** h: the target doubles when blocks are late by this many spacings. Between 2 and 4 it settles fast and stays calm. */
export const HALF_LIFE_SPACINGS = 2n;
/**
 * A block's lateness counts up to here. What is cut off beyond must be made up for by longer spacings: at 4 they are 4 %
 * too long, and 12 % where a third of the power lies about the time; at 6 there is nothing to be seen of it.
 */
export const CLAMP_SPACINGS = 6n;
/**
 * From here on easing begins. At 4 only 96 % of rooms have a block within 12 spacings of a hundredfold drop, at 3 only
 * 98 %, as the target happens to be hard when the drop comes; at 2 all of 200 have.
 */
export const EASING_SPACINGS = 2n;
/** The hardest and easiest target that retargeting reaches: below 16 hashes a block a room would only flood itself. */
export const RETARGET_LIMITS = { least: 1n << 160n, most: 1n << 252n } as const;
/** Easing by more doublings than this changes nothing: the easiest target is reached. */
const MOST_DOUBLINGS = 256n;

const RADIX_BITS = 16n;

/**
 * target × 2^(numerator / denominator), rounded down, within the limits above.
 * The cubic polynomial approximates 2^x for 0 ≤ x < 1 with an error below 0.013 %, as in aserti3-2d.
 */
export function scaleTarget(target: bigint, numerator: bigint, denominator: bigint): bigint {
  const exponent = floorDivide(numerator << RADIX_BITS, denominator);
  const shifts = exponent >> RADIX_BITS;
  const fraction = exponent & 0xffffn;
  const factor =
    65_536n +
    ((195_766_423_245_049n * fraction +
      971_821_376n * fraction * fraction +
      5_127n * fraction * fraction * fraction +
      (1n << 47n)) >>
      48n);
  const bounded =
    shifts > MOST_DOUBLINGS ? MOST_DOUBLINGS : shifts < -MOST_DOUBLINGS ? -MOST_DOUBLINGS : shifts;
  const scaled = bounded >= 0n ? (target * factor) << bounded : (target * factor) >> -bounded;
  return clampTarget(scaled >> RADIX_BITS);
}

/**
 * The target that a block's child starts from.
 * @param baseTarget the block's own, without easing
 * @param sinceParentMs how much later the block is than its parent; may be negative
 */
export function nextBaseTarget(
  baseTarget: bigint,
  sinceParentMs: number,
  spacingMs: number,
): bigint {
  const spacing = BigInt(spacingMs);
  const clamp = CLAMP_SPACINGS * spacing;
  const elapsed = BigInt(sinceParentMs);
  return scaleTarget(
    baseTarget,
    (elapsed > clamp ? clamp : elapsed) - spacing,
    HALF_LIFE_SPACINGS * spacing,
  );
}

/** The target that a block may use that is so much later than its parent. */
export function easeTarget(baseTarget: bigint, sinceParentMs: number, spacingMs: number): bigint {
  const spacing = BigInt(spacingMs);
  const late = BigInt(sinceParentMs) - EASING_SPACINGS * spacing;
  return late <= 0n ? baseTarget : scaleTarget(baseTarget, late, spacing);
}

function clampTarget(target: bigint): bigint {
  if (target < RETARGET_LIMITS.least) return RETARGET_LIMITS.least;
  return target > RETARGET_LIMITS.most ? RETARGET_LIMITS.most : target;
}

/** Rounds towards minus infinity, as the shift of a negative number does. */
function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
