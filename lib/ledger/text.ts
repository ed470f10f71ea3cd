/**
 * Texts that others wrote, made safe to show: bounded, without control, direction and invisible characters.
 */

/** A name fits on a leaderboard's row. */
export const NAME_LIMIT_CHARS = 24;
/** A note fits on a projector. */
export const NOTE_LIMIT_CHARS = 280;

/**
 * Control, format (direction marks, zero-width characters), surrogate, private-use and unassigned code points, and
 * those that show nothing though they are letters or marks: fillers, variation selectors, the empty braille pattern.
 */
const UNSHOWN = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** A mark without a letter would sit on whatever the page shows before the text. */
const MARKS_WITHOUT_LETTER = /(^| )\p{M}+/gu;
/** More than a few combining marks on one letter only serve to paint over other lines. */
const MARKS_PER_LETTER = /(\p{M}{3})\p{M}+/gu;
/** Words that nothing has to be taken from: what was cleaned before, mostly. */
const PLAIN = /^(?:[!-~]+(?: [!-~]+)*)?$/;
/** Text beyond this many times the limit is not looked at, so that a long text costs no more than a short one. */
const READ_FACTOR = 8;

/**
 * The text without what must not be shown, runs of white space as one space, at most `limitChars` code points.
 * Cleaning a cleaned text changes nothing.
 */
export function cleanText(text: string, limitChars: number): string {
  if (text.length <= limitChars && PLAIN.test(text)) return text;
  const cleaned = text
    .slice(0, limitChars * READ_FACTOR)
    .replace(/\s/gu, ' ')
    .replace(UNSHOWN, '')
    .replace(MARKS_WITHOUT_LETTER, '$1')
    .replace(MARKS_PER_LETTER, '$1')
    .replace(/ +/gu, ' ')
    .trim();
  const points = [...cleaned];
  return points.length <= limitChars ? cleaned : points.slice(0, limitChars).join('').trim();
}

export function cleanName(text: string): string {
  return cleanText(text, NAME_LIMIT_CHARS);
}

export function cleanNote(text: string): string {
  return cleanText(text, NOTE_LIMIT_CHARS);
}
