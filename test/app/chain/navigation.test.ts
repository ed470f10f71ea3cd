import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutTree } from '../../../app/chain/layout.ts';
import { neighbourOf, stepOfKey, type Step } from '../../../app/chain/navigation.ts';
import { trees, viewOf } from './tree-of-views.ts';

const { placed } = layOutTree(
  [
    viewOf('g', 'none', 0, true),
    viewOf('a', 'g', 1, true),
    viewOf('x', 'g', 1, false),
    viewOf('y', 'g', 1, false),
    viewOf('b', 'a', 2, true),
    viewOf('x2', 'x', 2, false),
  ],
  1,
  1,
);

describe('walking the tree by keyboard', () => {
  it('goes to the block before, and on along the best chain', () => {
    expect(neighbourOf(placed, 'a', 'parent')).toBe('g');
    expect(neighbourOf(placed, 'g', 'child')).toBe('a');
    expect(neighbourOf(placed, 'x', 'child')).toBe('x2');
    expect(neighbourOf(placed, 'x', 'parent')).toBe('g');
  });

  it('goes up and down one lane at a time', () => {
    const laneOf = (hash: string): number => placed.find(({ block }) => block.hash === hash)!.lane;
    const upper = laneOf('x') < laneOf('y') ? 'x' : 'y';
    const lower = upper === 'x' ? 'y' : 'x';
    expect(neighbourOf(placed, lower, 'above')).toBe('a');
    expect(neighbourOf(placed, 'a', 'above')).toBe(upper);
    expect(neighbourOf(placed, 'a', 'below')).toBe(lower);
  });

  it('stays where there is nothing further', () => {
    expect(neighbourOf(placed, 'g', 'parent')).toBeNull();
    expect(neighbourOf(placed, 'b', 'child')).toBeNull();
    expect(neighbourOf(placed, 'gone', 'child')).toBeNull();
  });

  it('finds its way back: up undoes down, and the block before undoes a child', () => {
    const opposite: Record<Step, Step> = {
      above: 'below',
      below: 'above',
      parent: 'child',
      child: 'parent',
    };
    fc.assert(
      fc.property(trees, fc.constantFrom<Step>('above', 'below', 'child'), (blocks, step) => {
        const tree = layOutTree(blocks, 3, 3).placed;
        for (const { block } of tree) {
          const next = neighbourOf(tree, block.hash, step);
          if (next !== null) expect(neighbourOf(tree, next, opposite[step])).toBe(block.hash);
        }
      }),
    );
  });

  it('knows the arrow keys, and leaves other keys alone', () => {
    expect(stepOfKey('ArrowLeft')).toBe('parent');
    expect(stepOfKey('Tab')).toBeNull();
    expect(stepOfKey('constructor')).toBeNull();
  });
});
