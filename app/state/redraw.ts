/**
 * When a page draws what has changed in its peer: a new tip soon, other news a few times a second, and figures that
 * always change once a second, so that a room at rest costs a phone next to nothing.
 */
import type { SessionSnapshot } from '../../lib/drivers/session.ts';

/** What has changed most of all: the tip before the rest, and the rest before mere figures. */
export type Change = 'tip' | 'news' | 'figures' | 'nothing';

/**
 * Fields, wherever they stand, that change while nothing happens: the target too, which rises where blocks are missing.
 * Heights of peers are among them: those that follow our tip are drawn with it.
 */
const FIGURES: ReadonlySet<string> = new Set([
  'rates',
  'rateHistory',
  'meanSpacingMs',
  'storedHeight',
  'delayMs',
  'clockOffsetMs',
  'offsetMs',
  'height',
  'target',
  'refused',
  'overlay',
  'budgetDuty',
]);

export function compareSnapshots(before: SessionSnapshot, after: SessionSnapshot): Change {
  if (before === after) return 'nothing';
  if (before.tip?.hash !== after.tip?.hash) return 'tip';
  return isSameNews(before, after) ? 'figures' : 'news';
}

/** Whether two pictures differ in figures at most. Pictures are trees of plain values. */
function isSameNews(before: unknown, after: unknown): boolean {
  if (Object.is(before, after)) return true;
  if (!isRecord(before) || !isRecord(after)) return false;
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(after).length &&
    keys.every((key) => FIGURES.has(key) || isSameNews(before[key], after[key]))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Milliseconds from `nowMs` to a whole second of the page's clock, when all is done that is done once a second: the next
 * one that is half a second away, since timers end a little early at times, and would end again for the same second.
 */
export function untilWholeSecondMs(nowMs: number): number {
  return 1_500 - ((nowMs + 500) % 1_000);
}
