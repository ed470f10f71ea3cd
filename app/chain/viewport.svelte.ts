/**
 * Which stretch of the chain is seen. Positions are heights, with fractions; the page draws only what they show.
 */
import { measureTree } from './geometry.ts';

/** Blocks drawn beyond each edge, so that a glide never shows an empty place. */
const OVERSCAN_COLUMNS = 2;
/** Blocks laid out, but not drawn, beyond each edge: lanes of branches then stay the same while one scrolls. */
const LAYOUT_MARGIN_COLUMNS = 32;
/** A longer way than this many screens is jumped: what lies between would have to be drawn. */
const GLIDE_LIMIT_SCREENS = 2.5;
/** Must be the duration of `.gliding` in Chain.svelte. */
const GLIDE_MS = 450;
/** Empty place before the genesis and after the next block, in columns. */
const EDGE_COLUMNS = 0.15;
/** Where fewer columns than this are seen, half the place of the next block is enough. */
const FEW_COLUMNS = 5;
/** Pixels are counted from a height nearby, since a graphics card's numbers have too few digits for long chains. */
const BASE_COLUMNS = 4_096;

export class Viewport {
  widthPx = $state(0);
  heightPx = $state(0);
  isTouch = $state(false);
  /** Height at the left edge. */
  left = $state(-EDGE_COLUMNS);
  /** Stays at the tip as it moves on. */
  following = $state(true);
  gliding = $state(false);
  #glideFrom = $state(-EDGE_COLUMNS);

  readonly geometry = $derived(measureTree(this.widthPx, this.heightPx, this.isTouch));
  readonly columns = $derived(this.widthPx / this.geometry.pitchPx);
  readonly base = $derived(baseOf(this.left));
  readonly drawn = $derived({
    from: Math.floor(Math.min(this.left, this.#glideFrom)) - OVERSCAN_COLUMNS,
    to: Math.ceil(Math.max(this.left, this.#glideFrom) + this.columns) + OVERSCAN_COLUMNS,
  });
  readonly laidOut = $derived({
    from: Math.max(0, this.drawn.from - LAYOUT_MARGIN_COLUMNS),
    to: this.drawn.to + LAYOUT_MARGIN_COLUMNS,
  });

  #glideEnd: ReturnType<typeof setTimeout> | null = null;

  /** Where the left edge is when the tip, and the place of the next block, are at the right edge. */
  restingLeft(tipHeight: number): number {
    const nextColumns = this.columns < FEW_COLUMNS ? 0.5 : 1;
    return Math.max(-EDGE_COLUMNS, tipHeight + 1 + nextColumns + EDGE_COLUMNS - this.columns);
  }

  /** Keeps a position within the chain. */
  clamp(left: number, tipHeight: number): number {
    return Math.min(Math.max(-EDGE_COLUMNS, left), this.restingLeft(tipHeight));
  }

  /** Moves there at once, as a finger does. */
  moveTo(left: number): void {
    this.#stopGlide();
    this.left = left;
    this.#glideFrom = left;
  }

  /** Moves there gently where it is near, at once where it is far or where `from` is not known yet. */
  glideTo(left: number): void {
    if (left === this.left) return;
    const isFar = Math.abs(left - this.left) > this.columns * GLIDE_LIMIT_SCREENS;
    if (isFar || this.columns === 0 || baseOf(left) !== this.base) {
      this.moveTo(left);
      return;
    }
    this.#stopGlide();
    this.#glideFrom = this.left;
    this.left = left;
    this.gliding = true;
    this.#glideEnd = setTimeout(() => this.#stopGlide(), GLIDE_MS);
  }

  /** Brings a height into sight with a neighbour on each side. Leaves the tip where that takes moving. */
  show(height: number, tipHeight: number): void {
    const first = this.left + 0.5;
    const last = this.left + this.columns - 1.5;
    if (height >= first && height <= last) return;
    const wanted = height < first ? height - 1 : height + 2 - this.columns;
    const isFar = height < first - this.columns || height > last + this.columns;
    const left = this.clamp(isFar ? height + 0.5 - this.columns / 2 : wanted, tipHeight);
    if (left === this.left) return;
    this.following = left >= this.restingLeft(tipHeight);
    this.glideTo(left);
  }

  /** Distance from the base to the left edge. */
  offsetPx(): number {
    return (this.left - this.base) * this.geometry.pitchPx;
  }

  #stopGlide(): void {
    if (this.#glideEnd !== null) clearTimeout(this.#glideEnd);
    this.#glideEnd = null;
    this.gliding = false;
    this.#glideFrom = this.left;
  }
}

function baseOf(left: number): number {
  return Math.round(left / BASE_COLUMNS) * BASE_COLUMNS;
}
