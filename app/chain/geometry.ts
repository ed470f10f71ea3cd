/**
 * Sizes of the drawn tree in pixels, by the room that the page gives it.
 */

export interface TreeGeometry {
  readonly cardWidthPx: number;
  readonly cardHeightPx: number;
  /** From one block to the next along the chain. */
  readonly pitchPx: number;
  /** Side blocks are flatter, so that more lanes fit. */
  readonly sideHeightPx: number;
  /** From one side lane to the next. */
  readonly sidePitchPx: number;
  /** Side lanes on each side of the best chain. */
  readonly lanes: number;
}

/** More side lanes than this a reader cannot follow; further blocks are counted. */
const MOST_LANES = 5;
/** What a finger can hit, where the pointer is one. */
const TOUCH_PX = 44;

/** Between two lanes. */
const LANE_GAP_PX = 6;
/** The line below the lanes that counts the blocks for which there was no lane. */
const CROWD_LINE_PX = 18;

export function measureTree(widthPx: number, heightPx: number, isTouch: boolean): TreeGeometry {
  const size = widthPx < 640 ? 'phone' : widthPx < 1600 ? 'desk' : 'projector';
  const cardWidthPx = { phone: 104, desk: 138, projector: 166 }[size];
  const cardHeightPx = { phone: 78, desk: 86, projector: 104 }[size];
  const gapPx = { phone: 14, desk: 20, projector: 26 }[size];
  const sideHeightPx = Math.max(isTouch ? TOUCH_PX : 0, size === 'projector' ? 38 : 32);
  const sidePitchPx = sideHeightPx + LANE_GAP_PX;
  const roomPx = (heightPx - cardHeightPx) / 2 - CROWD_LINE_PX;
  return {
    cardWidthPx,
    cardHeightPx,
    pitchPx: cardWidthPx + gapPx,
    sideHeightPx,
    sidePitchPx,
    lanes: Math.max(0, Math.min(MOST_LANES, Math.floor(roomPx / sidePitchPx))),
  };
}

/** Distance of a lane's middle from the middle of the best chain. */
export function laneOffsetPx(lane: number, geometry: TreeGeometry): number {
  if (lane === 0) return 0;
  const { cardHeightPx, sideHeightPx, sidePitchPx } = geometry;
  const distance =
    cardHeightPx / 2 +
    (sidePitchPx - sideHeightPx) +
    sideHeightPx / 2 +
    (Math.abs(lane) - 1) * sidePitchPx;
  return Math.sign(lane) * distance;
}
