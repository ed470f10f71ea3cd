import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES } from '../../lib/chain/block.ts';
import { BlockLog } from '../../lib/chain/block-log.ts';

const anyStep = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ adds: fc.constant(true), length: fc.nat(DATA_LIMIT_BYTES) }),
  },
  { weight: 2, arbitrary: fc.record({ adds: fc.constant(false), length: fc.nat() }) },
);

describe('the packed bytes of blocks', () => {
  it('are read back as they were written, whatever is dropped and moved between', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 400 }), (steps) => {
        const { log, add, remove, rows, expectAll } = makeLog();
        for (const { adds, length } of steps)
          if (adds) add(length);
          else if (rows.size > 0) remove([...rows.keys()][length % rows.size]!);
        expectAll();
        expect(log.bytes).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  it('take little room beyond the blocks, however many blocks come and go', () => {
    const { log, add, remove, expectAll } = makeLog();
    // A few stay for ever, between many that go soon: the worst that a flood of side blocks does.
    const going: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      const row = add(i % 100 === 0 ? 40 : 200);
      if (i % 100 !== 0) going.push(row);
      if (going.length > 1_000) for (const dropped of going.splice(0, 500)) remove(dropped);
    }
    for (const dropped of going) remove(dropped);
    expectAll();
    expect(log.bytes).toBeLessThan(1_000_000);
  });

  it('take a few kilobytes where the chain is short', () => {
    const { log, add } = makeLog();
    for (let i = 0; i < 10; i++) add(100);
    expect(log.bytes).toBeLessThanOrEqual(2_048);
  });
});

function makeLog() {
  const rows = new Map<number, { position: number; data: Uint8Array; proof: Uint8Array }>();
  const log = new BlockLog(
    (row) => rows.get(row)?.position ?? -1,
    (row, position) => {
      rows.get(row)!.position = position;
    },
  );
  let next = 0;
  return {
    log,
    rows,
    add(length: number): number {
      const row = next++;
      const data = new Uint8Array(length).fill(row);
      const proof = new Uint8Array(8).fill(row >>> 3);
      rows.set(row, { position: log.add(row, data, proof), data, proof });
      return row;
    },
    remove(row: number): void {
      const { position } = rows.get(row)!;
      rows.delete(row);
      log.remove(position);
    },
    expectAll(): void {
      for (const { position, data, proof } of rows.values()) {
        const read = log.read(position);
        expect(Buffer.compare(read.data, data)).toBe(0);
        expect(Buffer.compare(read.proofOfWork, proof)).toBe(0);
      }
    },
  };
}
