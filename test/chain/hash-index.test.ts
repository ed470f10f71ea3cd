import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashIndex, STORED_HASH_WORDS } from '../../lib/chain/hash-index.ts';
import { HASH_WORDS } from '../../lib/chain/hash-words.ts';
import { WordPages } from '../../lib/chain/word-pages.ts';

/** Hashes of few different last words, so that many share a place in the table. */
const anyHash = fc
  .tuple(fc.nat(3), fc.oneof(fc.nat(3), fc.constantFrom(-1, -256, 2 ** 31 - 1)))
  .map(([first, last]) => [first, 0, 0, 0, 0, 0, 0, last]);
const anyStep = fc.record({ hash: anyHash, adds: fc.boolean() });

describe('the table of hashes', () => {
  it('knows the same hashes as a map of texts, whatever is added and taken out', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const { add, index, find } = makeIndex();
        const model = new Map<string, number>();
        for (const { hash, adds } of steps) {
          const key = hash.join();
          const row = model.get(key);
          if (adds && row === undefined) model.set(key, add(hash));
          if (!adds && row !== undefined) {
            index.remove(row);
            model.delete(key);
          }
          expect(index.size).toBe(model.size);
          for (const { hash: any } of steps) expect(find(any)).toBe(model.get(any.join()) ?? -1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('finds every one of fifty thousand rows, and no other', () => {
    const { add, find } = makeIndex();
    const hashOf = (i: number) => [0, i, 0, 0, 0, 0, 0, Math.imul(i, 0x9e3779b1)];
    for (let i = 0; i < 50_000; i++) expect(add(hashOf(i))).toBe(i);
    for (let i = 0; i < 50_000; i++) if (find(hashOf(i)) !== i) expect(find(hashOf(i))).toBe(i);
    for (let i = 50_000; i < 60_000; i++)
      if (find(hashOf(i)) !== -1) expect(find(hashOf(i))).toBe(-1);
  });
});

function makeIndex() {
  const rows = new WordPages(STORED_HASH_WORDS);
  const index = new HashIndex(rows);
  let count = 0;
  return {
    index,
    add(hash: readonly number[]): number {
      rows.reserve(count + 1);
      for (let word = 0; word < STORED_HASH_WORDS; word++) rows.set(count, word, hash[word]!);
      index.add(count, hash[HASH_WORDS - 1]!);
      return count++;
    },
    find: (hash: readonly number[]) => index.find(Int32Array.from(hash)),
  };
}
