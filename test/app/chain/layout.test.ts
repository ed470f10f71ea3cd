import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutTree } from '../../../app/chain/layout.ts';
import { trees, viewOf } from './tree-of-views.ts';

const lanes = fc.integer({ min: 0, max: 4 });

describe('the tree on the screen', () => {
  it('draws every block once, or counts it', () => {
    fc.assert(
      fc.property(trees, lanes, lanes, (blocks, above, below) => {
        const { placed, crowded } = layOutTree(blocks, above, below);
        const counted = [...crowded.values()].reduce((sum, count) => sum + count, 0);
        expect(placed.length + counted).toBe(blocks.length);
        expect(new Set(placed.map(({ block }) => block.hash)).size).toBe(placed.length);
      }),
    );
  });

  it('never draws two blocks in one place', () => {
    fc.assert(
      fc.property(trees, lanes, lanes, (blocks, above, below) => {
        const { placed } = layOutTree(blocks, above, below);
        const places = placed.map(({ block, lane }) => `${block.height} ${lane}`);
        expect(new Set(places).size).toBe(places.length);
        for (const { lane } of placed) {
          expect(lane).toBeGreaterThanOrEqual(-above);
          expect(lane).toBeLessThanOrEqual(below);
        }
      }),
    );
  });

  it('keeps the best chain, and nothing else, in the straight lane', () => {
    fc.assert(
      fc.property(trees, lanes, lanes, (blocks, above, below) => {
        for (const { block, lane } of layOutTree(blocks, above, below).placed)
          expect(lane === 0).toBe(block.onBestChain);
      }),
    );
  });

  it('leads the line of a block from the lane of the block before it', () => {
    fc.assert(
      fc.property(trees, lanes, lanes, (blocks, above, below) => {
        const { placed } = layOutTree(blocks, above, below);
        const laneOf = new Map(placed.map(({ block, lane }) => [block.hash, lane]));
        for (const { block, parentLane } of placed)
          expect(parentLane).toBe(laneOf.get(block.previousHash) ?? null);
      }),
    );
  });

  it('keeps a branch in its lane for as long as it lasts', () => {
    const blocks = [
      viewOf('g', 'none', 0, true),
      viewOf('a', 'g', 1, true),
      viewOf('x', 'g', 1, false),
      viewOf('b', 'a', 2, true),
      viewOf('y', 'x', 2, false),
      viewOf('z', 'x', 2, false),
      viewOf('c', 'b', 3, true),
      viewOf('w', 'z', 3, false),
    ];
    const { placed } = layOutTree(blocks, 2, 2);
    const laneOf = Object.fromEntries(placed.map(({ block, lane }) => [block.hash, lane]));
    expect(laneOf).toEqual({ g: 0, a: 0, b: 0, c: 0, x: 1, z: 1, w: 1, y: 2 });
  });

  it('counts what finds no lane, at its height', () => {
    const blocks = [
      viewOf('g', 'none', 0, true),
      viewOf('a', 'g', 1, true),
      ...['p', 'q', 'r', 's'].map((hash) => viewOf(hash, 'g', 1, false)),
    ];
    const { placed, crowded } = layOutTree(blocks, 1, 1);
    expect(placed).toHaveLength(4);
    expect([...crowded]).toEqual([[1, 2]]);
  });

  it('tells the time between two blocks by what both state, else by when they came', () => {
    const blocks = [
      viewOf('g', 'none', 0, true),
      viewOf('a', 'g', 1, true, 5_000),
      viewOf('b', 'a', 2, true, 14_000),
      viewOf('c', 'b', 3, true),
    ];
    expect(layOutTree(blocks, 0, 0).placed.map(({ gapMs }) => gapMs)).toEqual([
      null,
      null,
      9_000,
      1_000,
    ]);
  });
});
