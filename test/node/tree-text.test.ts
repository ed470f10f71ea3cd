import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TREE_LINE_LIMIT, writeTree, type TreeNode } from '../../lib/node/tree-text.ts';

/** `b<a` is block b on block a; `!` behind it puts it on the best chain. */
function nodes(text: string): TreeNode[] {
  const heights = new Map<string, number>();
  return text.split(' ').map((word) => {
    const [hash = '', previousHash = 'nothing'] = word.replace('!', '').split('<');
    const height = (heights.get(previousHash) ?? -1) + 1;
    heights.set(hash, height);
    return { hash, previousHash, height, onBestChain: word.endsWith('!'), label: hash };
  });
}

function chain(length: number, first = 0): string {
  return Array.from({ length }, (_, i) => `n${first + i + 1}<n${first + i}`).join(' ');
}

describe('the tree as text', () => {
  it('shows every block or counts it, whatever the tree', () => {
    const tree = fc.array(fc.nat(), { maxLength: 60 }).map((picks) =>
      picks.map((pick, i): TreeNode => {
        const parent = i === 0 ? -1 : pick % i;
        return {
          hash: `h${i}`,
          previousHash: `h${parent}`,
          height: 0,
          onBestChain: false,
          label: `label-${i}`,
        };
      }),
    );
    const withHeights = tree.map((list) => {
      const heights = new Map<string, number>();
      return list.map((node) => {
        const height = (heights.get(node.previousHash) ?? -1) + 1;
        heights.set(node.hash, height);
        return { ...node, height };
      });
    });
    fc.assert(
      fc.property(withHeights, fc.infiniteStream(fc.nat()), (list, keys) => {
        const shuffled = [...list]
          .map((node) => ({ node, key: keys.next().value! }))
          .sort((a, b) => a.key - b.key)
          .map(({ node }) => node);
        const lines = writeTree(shuffled);
        const shown = lines.filter((line) => line.includes('● ')).length;
        const folded = lines
          .map((line) => /⋮ (\d+) blocks/.exec(line))
          .reduce((sum, found) => sum + Number(found?.[1] ?? 0), 0);
        expect(shown + folded).toBe(list.length);
      }),
    );
  });

  it('draws a chain straight down', () => {
    expect(writeTree(nodes('a b<a c<b'))).toEqual(['● a', '● b', '● c']);
  });

  it('hangs side branches where they leave the best chain', () => {
    const text = 'a b<a x<a y<x y2<y z<x c<b! d<c! w<b b<a!';
    expect(writeTree(nodes(text))).toEqual([
      '● a',
      '├─● x',
      '│ ├─● z',
      '│ ● y',
      '│ ● y2',
      '● b',
      '├─● w',
      '● c',
      '● d',
    ]);
  });

  it('draws two branches at one block one below the other', () => {
    expect(writeTree(nodes('a b<a x<a x2<x y<a c<b d<c'))).toEqual([
      '● a',
      '├─● x',
      '│ ● x2',
      '├─● y',
      '● b',
      '● c',
      '● d',
    ]);
  });

  it('folds a long run without a fork', () => {
    expect(writeTree(nodes(`n0 ${chain(20)}`))).toEqual([
      '● n0',
      '● n1',
      '⋮ 17 blocks',
      '● n19',
      '● n20',
    ]);
  });

  it('starts a tree of its own where a parent is not among the blocks', () => {
    expect(writeTree(nodes('a x<gone'))).toEqual(['● a', '● x']);
    expect(writeTree([])).toEqual([]);
  });

  it('leaves the oldest lines out where there are too many', () => {
    const forks = Array.from({ length: 300 }, (_, i) => `s${i}<n${i}`).join(' ');
    const lines = writeTree(nodes(`n0 ${chain(300)} ${forks}`));
    expect(lines).toHaveLength(TREE_LINE_LIMIT + 1);
    expect(lines[0]).toMatch(/lines left out/);
    expect(lines.at(-1)).toBe('● n300');
  });

  it('draws a chain of 100,000 blocks and forks nested a hundred deep', () => {
    expect(writeTree(nodes(`n0 ${chain(100_000)}`))).toHaveLength(5);
    const comb = Array.from(
      { length: 100 },
      (_, i) => `n${i + 1}<n${i}! m${i}<n${i} k${i}<m${i} l${i}<m${i}`,
    );
    expect(writeTree(nodes(`n0 ${comb.join(' ')}`)).length).toBeGreaterThan(300);
  });
});
