import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlock, hashBlockHex, NO_PREVIOUS_HASH } from '../../lib/chain/block.ts';
import { bytesToHex, readHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import { HOMEWORK_TARGET, MAX_TARGET, meetsTarget, targetToBytes } from '../../lib/chain/target.ts';
import { HEATS } from '../../lib/pow/choice.ts';
import { createKernel, type Kernel } from '../../lib/pow/kernel.ts';
import { isDataOfTemplate, type Template } from '../../lib/pow/template.ts';

/** The nonce lies in two blocks there, with a byte besides the first in the earlier one. */
const STRADDLING_LAYOUTS = [57, 58, 59, 60, 61, 62];
const ALL_LAYOUTS = Array.from({ length: 64 }, (_, r) => r);

/** A data length of this layout: 0 to 4096 with `blocks` from 0 to 63. */
const lengthOfLayout = (nonceOffset: number, blocks: number) =>
  ((nonceOffset + 32) % 64) + 64 * blocks;

function templateOf(data: Uint8Array, previousHash: Uint8Array, target: bigint): Template {
  return { id: 1, data, previousHash, target: targetToBytes(target) };
}

/** Searches until a proof comes, at most so many hashes. */
function searchOne(kernel: Kernel, limitHashes: number, batch = 1000) {
  let hashes = 0;
  while (hashes < limitHashes) {
    const result = kernel.search(batch);
    hashes += result.hashes;
    if (result.proof !== null) return { hashes, proof: result.proof };
  }
  return { hashes, proof: null };
}

for (const maker of HEATS.flat()) {
  const made = maker.make();
  if (!made.ok) throw new Error(`${maker.name}: ${made.reason}`);
  const { engine } = made;
  const kernel = createKernel([engine]);
  /** Engines that search many midstates need a block in front, with a byte that they may choose. */
  const isShared = engine.midstates > 1;
  const leastBlocks = isShared ? 1 : 0;
  /** Of these, those with a loop know one compression only. */
  const isLooped = isShared && engine.name.includes('looped');
  const layouts = ALL_LAYOUTS.filter((r) => !isLooped || r < 48 || r > 56);

  /** Prepares a template, with free bytes where the engine needs them. */
  function prepare(template: Template, start: Uint8Array, freeAt = 0): Template {
    const ready: Template = isShared
      ? { ...template, freeBytes: { offset: freeAt, length: 1 } }
      : template;
    expect(kernel.prepare(ready, start)).toBe(true);
    return ready;
  }

  describe(`the kernel ${engine.name}`, () => {
    it.each(layouts)('finds proofs that noble confirms where the nonce lies at %i', (r) => {
      fc.assert(
        fc.property(
          fc.integer({ min: leastBlocks, max: 63 }).chain((blocks) => {
            const length = lengthOfLayout(r, blocks);
            return fc.uint8Array({ minLength: length, maxLength: length });
          }),
          fc.nat(63),
          fc.uint8Array({ minLength: 32, maxLength: 32 }),
          fc.uint8Array({ minLength: 8, maxLength: 8 }),
          fc.bigInt({ min: 1n << 247n, max: 1n << 251n }),
          (data, freeAt, previousHash, start, target) => {
            const template = prepare(templateOf(data, previousHash, target), start, freeAt);
            for (let proofs = 0; proofs < 3; proofs++) {
              const { proof } = searchOne(kernel, 20_000);
              expect(proof).not.toBeNull();
              expect(proof!.proofOfWork[0]).toBe(start[0]);
              expect(isDataOfTemplate(proof!.data, template)).toBe(true);
              expect(meetsTarget(hashBlock({ ...template, ...proof! }), target)).toBe(true);
            }
          },
        ),
        { numRuns: 2 },
      );
    });

    it.each(layouts)('misses no proof where the nonce lies at %i', (r) => {
      // One in 16, or fewer where a proof ends a whole group of midstates.
      const target = 1n << (isShared ? 246n : 252n);
      const wanted = isShared ? 125_000 : 2000;
      const data = Uint8Array.from({ length: lengthOfLayout(r, 1) }, (_, i) => i * 37 + r);
      const start = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 250);
      const template = prepare(templateOf(data, NO_PREVIOUS_HASH, target), start, 63);
      const found = new Set<string>();
      let hashes = 0;
      while (hashes < wanted) {
        const result = kernel.search(Math.min(wanted - hashes, 20_000));
        hashes += result.hashes;
        if (result.proof === null) continue;
        const hash = hashBlockHex({ ...template, ...result.proof });
        expect(found.has(hash)).toBe(false);
        found.add(hash);
      }
      // About 125 are expected, with a standard deviation of 11.
      expect(found.size).toBeGreaterThan(70);
      expect(found.size).toBeLessThan(180);
    });

    it.runIf(isShared).each(STRADDLING_LAYOUTS)(
      'makes midstates of the nonce where no data are free and it begins at %i',
      (r) => {
        fc.assert(
          fc.property(
            fc.uint8Array({ minLength: r - 32, maxLength: r - 32 }),
            fc.uint8Array({ minLength: 8, maxLength: 8 }),
            (data, start) => {
              const target = 1n << 246n;
              const template = templateOf(data, NO_PREVIOUS_HASH, target);
              expect(kernel.prepare(template, start)).toBe(true);
              const found = new Set<string>();
              // At 57 these are more than all values of the one varied byte.
              for (let hashes = 0; hashes < 60_000;) {
                const result = kernel.search(5_000);
                hashes += result.hashes;
                if (result.proof === null) continue;
                expect(result.proof.data).toEqual(data);
                expect(result.proof.proofOfWork[0]).toBe(start[0]);
                const hash = hashBlock({ ...template, ...result.proof });
                expect(meetsTarget(hash, target)).toBe(true);
                expect(found.has(bytesToHex(hash))).toBe(false);
                found.add(bytesToHex(hash));
              }
              // About 58 are expected, with a standard deviation of 8.
              expect(found.size).toBeGreaterThan(18);
              expect(found.size).toBeLessThan(98);
            },
          ),
          { numRuns: 2 },
        );
      },
    );

    it.runIf(isShared)('leaves to others what has no byte to choose', () => {
      for (const r of [47, 63]) {
        const data = new Uint8Array(lengthOfLayout(r, 0));
        const template = templateOf(data, NO_PREVIOUS_HASH, MAX_TARGET);
        expect(kernel.prepare(template, new Uint8Array(8))).toBe(false);
      }
    });

    it('finds proofs in each of its lanes', () => {
      const target = 1n << 246n;
      const lanes = new Set<string>();
      const data = new Uint8Array(lengthOfLayout(47, 1)).fill(48);
      const template = prepare(templateOf(data, NO_PREVIOUS_HASH, target), new Uint8Array(8));
      for (let proofs = 0; proofs < 40 * engine.midstates; proofs++) {
        const { proof } = searchOne(kernel, 100_000, 5000);
        expect(meetsTarget(hashBlock({ ...template, ...proof! }), target)).toBe(true);
        lanes.add(`${proof!.data[0]} ${proof!.proofOfWork[7]! % 4}`);
      }
      expect(lanes.size).toBe(4 * engine.midstates);
    });

    it.skipIf(layouts.length === 64)('refuses layouts that it has no code for', () => {
      for (let r = 48; r <= 56; r++) {
        const data = new Uint8Array(lengthOfLayout(r, 1));
        const template = templateOf(data, NO_PREVIOUS_HASH, MAX_TARGET);
        const free = { ...template, freeBytes: { offset: 0, length: 1 } };
        expect(kernel.prepare(free, new Uint8Array(8))).toBe(false);
      }
    });

    it('finds nothing where no hash is good enough', () => {
      const data = new Uint8Array(lengthOfLayout(44, 1));
      prepare(templateOf(data, NO_PREVIOUS_HASH, 0n), new Uint8Array(8));
      expect(searchOne(kernel, 5000).proof).toBeNull();
    });

    it('goes over to the next fixed bytes when all values of the varied ones are tried', () => {
      for (const r of [57, 58, 46, 44]) {
        const data = new Uint8Array(lengthOfLayout(r, 1));
        const start = new Uint8Array(8).fill(255);
        const template = prepare(templateOf(data, NO_PREVIOUS_HASH, 1n << 240n), start);
        const { proof } = searchOne(kernel, 2_000_000, 20_000);
        expect(proof!.proofOfWork[0]).toBe(255);
        expect(meetsTarget(hashBlock({ ...template, ...proof! }), 1n << 240n)).toBe(true);
      }
    });

    it.skipIf(isShared)('finds the known proof of the genesis block', () => {
      const template = templateOf(writeUtf8('Genesis'), NO_PREVIOUS_HASH, HOMEWORK_TARGET);
      prepare(template, readHex('00000000002f824e')!);
      const { hashes, proof } = kernel.search(100);
      expect(hashes).toBe(1);
      expect(proof).toEqual({ data: template.data, proofOfWork: readHex('00000000002f824e') });
    });

    it('counts no nonce twice and goes on behind the last where a position ends', () => {
      for (const r of [46, 58]) {
        const start = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0).fill(255, 1);
        const data = new Uint8Array(lengthOfLayout(r, 1));
        const target = 1n << (isShared ? 246n : 250n);
        const template = prepare(templateOf(data, NO_PREVIOUS_HASH, target), start);
        const found = new Set<string>();
        for (let proofs = 0; proofs < 50; proofs++) {
          const { proof } = searchOne(kernel, 1_000_000, 50);
          found.add(hashBlockHex({ ...template, ...proof! }));
        }
        expect(found.size).toBe(50);
      }
    });

    it('takes the first nonce where every hash is good enough', () => {
      const data = new Uint8Array(lengthOfLayout(44, 1)).fill(48);
      prepare(templateOf(data, NO_PREVIOUS_HASH, MAX_TARGET), readHex('0102030405060708')!);
      expect(kernel.search(100)).toMatchObject({
        hashes: 1,
        proof: { data, proofOfWork: readHex('0102030405060708') },
      });
    });
  });
}
