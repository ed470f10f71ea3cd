/**
 * Makes codes for new rooms that can be read aloud and typed from a projector: `mabu-tori`.
 */
import { randomInt } from 'node:crypto';

/** Letters that no other is taken for, in writing and in speech. */
const CONSONANTS = 'bdfghklmnprstvz';
const VOWELS = 'aeiou';
/** Four syllables: 75⁴, about 32 million codes. */
const SYLLABLES = 4;

/** A new room's code, at random. */
export function makeRoomCode(): string {
  const syllables = Array.from({ length: SYLLABLES }, () => pick(CONSONANTS) + pick(VOWELS));
  return `${syllables.slice(0, 2).join('')}-${syllables.slice(2).join('')}`;
}

function pick(letters: string): string {
  return letters[randomInt(letters.length)]!;
}
