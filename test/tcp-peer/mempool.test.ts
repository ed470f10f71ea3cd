import { describe, expect, it } from 'vitest';
import { makeBlock, makeGenesis } from '../../lib/tcp-peer/block.ts';
import { LATE_COPY_MS, Mempool, WAITING_LIMIT } from '../../lib/tcp-peer/mempool.ts';

const tx = (content: string | number) => `tx|Abcd1234|${content}`;
const genesis = makeGenesis(0, 'epoch');
const blockOf = (...texts: string[]) => makeBlock(genesis, 5, texts, 1, 'epoch');

describe('transactions that wait', () => {
  it('are taken from their origins in turn, those of one origin in their order', () => {
    const mempool = new Mempool();
    for (let place = 0; place < 100; place++) mempool.submit(tx(place), 'flood', false, 0);
    mempool.submit(tx('a'), 'calm', false, 0);
    mempool.submit(tx('b'), 'calm', false, 0);
    const shown = [...mempool.inOrder()];
    expect(mempool.takeForBlock(5)).toEqual([tx(0), tx('a'), tx(1), tx('b'), tx(2)]);
    expect(shown.slice(0, 5)).toEqual([tx(0), tx('a'), tx(1), tx('b'), tx(2)]);
    expect(mempool.waiting).toBe(97);
  });

  it('of one origin never fill all places', () => {
    const mempool = new Mempool();
    let accepted = 0;
    while (mempool.submit(tx(accepted), 'flood', false, 0).kind === 'accepted') accepted++;
    expect(accepted).toBeLessThan(WAITING_LIMIT * 0.6);
    expect(mempool.submit(tx('a'), 'calm', false, 0).kind).toBe('accepted');
    for (let origin = 0; origin < 100; origin++)
      for (let place = 0; place < WAITING_LIMIT; place++)
        if (mempool.submit(tx(`${origin} ${place}`), `flood-${origin}`, false, 0).kind === 'full')
          break;
    expect(mempool.waiting).toBeLessThanOrEqual(WAITING_LIMIT);
  });

  it('may have the same text, each counted', () => {
    const mempool = new Mempool();
    for (const origin of ['one', 'one', 'two']) mempool.submit(tx('x'), origin, false, 0);
    mempool.replaceBlocks([], [blockOf(tx('x'))], 0);
    expect(mempool.waiting).toBe(2);
    expect(mempool.takeForBlock(5)).toEqual([tx('x'), tx('x')]);
  });

  it('wait again when their block has left, unless the new chain has them', () => {
    const mempool = new Mempool();
    for (const text of ['a', 'b', 'c']) mempool.submit(tx(text), 'one', false, 0);
    const left = blockOf(...mempool.takeForBlock(2));
    mempool.replaceBlocks([left], [blockOf(tx('b'))], 0);
    expect([...mempool.inOrder()].sort()).toEqual([tx('a'), tx('c')]);
  });

  it('do not come twice when the chain was faster than the neighbour that passes them on', () => {
    const mempool = new Mempool();
    mempool.replaceBlocks([], [blockOf(tx('a'))], 0);
    expect(mempool.submit(tx('a'), 'peer', false, 10).kind).toBe('known');
    expect(mempool.submit(tx('a'), 'peer', false, 20).kind).toBe('accepted');
  });

  it('are new where they were entered here, or long after the chain brought the same text', () => {
    const here = new Mempool();
    here.replaceBlocks([], [blockOf(tx('a'))], 0);
    expect(here.submit(tx('a'), 'self', true, 10).kind).toBe('accepted');
    const later = new Mempool();
    later.replaceBlocks([], [blockOf(tx('a'))], 0);
    expect(later.submit(tx('a'), 'client', false, LATE_COPY_MS).kind).toBe('accepted');
  });

  it('are taken from a chain that was not taken, once', () => {
    const mempool = new Mempool();
    mempool.submit(tx('a'), 'one', false, 0);
    const ours = [blockOf(...mempool.takeForBlock(5))];
    const theirs = [blockOf(tx('a'), tx('b'), tx('b'))];
    expect(mempool.salvage(ours, theirs, 0)).toBe(2);
    expect(mempool.salvage(ours, theirs, 0)).toBe(0);
    expect([...mempool.inOrder()]).toEqual([tx('b'), tx('b')]);
  });
});
