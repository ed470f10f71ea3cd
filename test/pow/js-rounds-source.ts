/**
 * Writes lib/pow/js-rounds.ts: 48 rounds without a loop are a quarter faster than three times sixteen, and nobody should
 * write them by hand. Sixteen variables hold the schedule, eight the state, and both turn with the rounds.
 */
import { BLOCK_WORDS, ROUND_CONSTANTS, ROUNDS } from '../../lib/pow/sha256.ts';

const STATE = 'abcdefgh';

/** The text of the file. */
export function writeRounds(): string {
  return `/**
 * Rounds of SHA-256 in plain JavaScript, without a loop over the schedule. Written by test/pow/js-rounds-source.ts, and
 * renewed by \`npx vitest run -c .config/vitest.config.ts test/pow/js-rounds.test.ts -u\`.
 */
import { BLOCK_WORDS, ROUND_CONSTANTS } from './sha256.ts';

/**
 * Rounds \`firstRound\` (at most ${BLOCK_WORDS}) to ${ROUNDS - 1} of a block of ${BLOCK_WORDS} words, from the state \`entry\`; the result is in \`out\`.
 */
// prettier-ignore
export function hashRounds(entry: Int32Array, words: Int32Array, firstRound: number, out: Int32Array): void {
${indent([...firstRounds(), ...laterRounds(), ...results()])}
}
`;
}

/** The rounds that take the block's own words, as far as they depend on the nonce. */
function firstRounds(): string[] {
  const all = (count: number) => Array.from({ length: count }, (_, i) => i);
  return [
    `let ${all(8)
      .map((i) => `${STATE[i]} = entry[${i}]!`)
      .join(', ')};`,
    `let ${all(BLOCK_WORDS)
      .map((i) => `w${i} = words[${i}]!`)
      .join(', ')};`,
    'for (let i = firstRound; i < BLOCK_WORDS; i++) {',
    `  const t = (h + ROUND_CONSTANTS[i]! + words[i]! + (g ^ e & (f ^ g)) + (${rotations('e', [6, 11, 25])})) | 0;`,
    '  h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a;',
    `  a = (t + (b & c | d & (b | c)) + (${rotations('b', [2, 13, 22])})) | 0;`,
    '}',
  ];
}

/** The rounds that take the words of the schedule. What is known first is added first: chains are shortest so. */
function laterRounds(): string[] {
  const lines = ['let t: number, ab: number, bc = b ^ c;'];
  for (let round = BLOCK_WORDS; round < ROUNDS; round++) {
    const word = (back: number) => `w${(round - back) % BLOCK_WORDS}`;
    const [a, b, , d, e, f, g, h] = Array.from(STATE, (_, i) => STATE[(i + 8 - (round % 8)) % 8]);
    // What was a ^ b is b ^ c in the next round.
    const [now, before] = round % 2 === 0 ? ['ab', 'bc'] : ['bc', 'ab'];
    const w = word(16);
    lines.push(
      `${w} = (${w} + ${word(7)} + (${rotations(word(15), [7, 18])} ^ ${word(15)} >>> 3) + (${rotations(word(2), [17, 19])} ^ ${word(2)} >>> 10)) | 0;`,
      ...nested(e!, [6, 11, 25]),
      `${h} = (${h} + (${ROUND_CONSTANTS[round]} + ${w} | 0) + (${g} ^ ${e} & (${f} ^ ${g})) + (t >>> 6 | t << 26)) | 0;`,
      `${d} = (${d} + ${h}) | 0;`,
      ...nested(a!, [2, 13, 22]),
      `${now} = ${a} ^ ${b};`,
      `${h} = (${h} + (${b} ^ ${before} & ${now}) + (t >>> 2 | t << 30)) | 0;`,
    );
  }
  return lines;
}

const results = () => Array.from(STATE, (name, i) => `out[${i}] = ${name};`);

const rotations = (x: string, by: readonly number[]) =>
  by.map((n) => `(${x} >>> ${n} | ${x} << ${32 - n})`).join(' ^ ');

/** Leaves in t what, rotated by the first number, is x rotated by all three: fewer copies than side by side. */
function nested(x: string, [first, second, third]: readonly [number, number, number]): string[] {
  const turn = (of: string, by: number) => `t = (${of} >>> ${by} | ${of} << ${32 - by}) ^ ${x};`;
  return [turn(x, third - second), turn('t', second - first)];
}

const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`).join('\n');
