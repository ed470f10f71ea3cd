import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { writeUtf8 } from '../../lib/chain/bytes.ts';
import { Chain, type Arrival } from '../../lib/chain/chain.ts';
import { ORPHANS_PER_SENDER_LIMIT } from '../../lib/chain/orphans.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { EASY_TARGET, makeGenesis, mineBlock, mineChain } from '../support/test-miner.ts';

const GENESIS = makeGenesis();
const GENESIS_HASH = hashBlockHex(GENESIS);

describe('orphans', () => {
  /** Blocks that share a parent which never comes. */
  const orphansNamed = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => mineBlock(writeUtf8(`${name} ${i}`), 'ef'.repeat(32)));

  it('are kept up to a limit for each sender, and the oldest of that sender leaves first', () => {
    const chain = makeChain();
    const [a, b, c] = mineChain(GENESIS_HASH, 3, 'a') as [Block, Block, Block];
    chain.accept(b, arrivalFrom('flood'));
    chain.accept(c, arrivalFrom('calm'));
    for (const orphan of orphansNamed('flood', 3 * ORPHANS_PER_SENDER_LIMIT)) {
      expect(chain.accept(orphan, arrivalFrom('flood')).kind).toBe('orphan');
      expect(chain.orphanCount).toBeLessThanOrEqual(ORPHANS_PER_SENDER_LIMIT + 1);
    }
    expect(chain.orphanCount).toBe(ORPHANS_PER_SENDER_LIMIT + 1);
    chain.accept(a, arrivalFrom('calm'));
    expect(chain.tip.height).toBe(1);
    chain.accept(b, arrivalFrom('calm'));
    expect(chain.tip.height).toBe(3);
  });

  it('of one sender are never evicted by another, even where both sent the same block', () => {
    const chain = makeChain();
    const [a, b] = mineChain(GENESIS_HASH, 2, 'a') as [Block, Block];
    chain.accept(b, arrivalFrom('calm'));
    chain.accept(b, arrivalFrom('flood'));
    for (const orphan of orphansNamed('flood', ORPHANS_PER_SENDER_LIMIT))
      chain.accept(orphan, arrivalFrom('flood'));
    chain.accept(a, arrivalFrom('other'));
    expect(chain.tip.height).toBe(2);
  });

  it('leave with their sender, and only those', () => {
    const chain = makeChain();
    const [a, b, c] = mineChain(GENESIS_HASH, 3, 'a') as [Block, Block, Block];
    chain.accept(b, arrivalFrom('stays'));
    chain.accept(c, arrivalFrom('stays'));
    chain.accept(b, arrivalFrom('goes'));
    for (const orphan of orphansNamed('goes', 5)) chain.accept(orphan, arrivalFrom('goes'));
    chain.dropSender('goes');
    chain.dropSender('nobody');
    expect(chain.orphanCount).toBe(2);
    chain.accept(a, arrivalFrom('other'));
    expect(chain.tip.height).toBe(3);
    expect(chain.orphanCount).toBe(0);
  });

  it('ten thousand of one sender change nothing for the rest', () => {
    const chain = makeChain();
    const blocks = mineChain(GENESIS_HASH, 5, 'a');
    const flood = orphansNamed('flood', 10_000);
    for (const orphan of flood) chain.accept(orphan, arrivalFrom('flood'));
    for (const block of [...blocks].reverse()) chain.accept(block, arrivalFrom('calm'));
    expect(chain.tip.height).toBe(5);
    expect(chain.orphanCount).toBe(ORPHANS_PER_SENDER_LIMIT);
  });
});

function makeChain(): Chain {
  return new Chain(GENESIS, homeworkRules(EASY_TARGET), { from: 'test', wallMs: 0 });
}

function arrivalFrom(from: string): Arrival {
  return { from, wallMs: 0, networkMs: 0 };
}
