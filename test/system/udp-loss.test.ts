import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../e2e/harness/wait.ts';
import { startLossyMiners } from '../support/lossy-miners.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Many times the blocks after which miners that lose a fifth of all datagrams would be on chains of their own. */
const HEIGHT = 40;
/** What a miner may lack at the moment of a look: ours finds some blocks while one that was lost is on its way again. */
const LAG_BLOCKS = 20;

describe('two reference miners and ours, a fifth of all datagrams lost', () => {
  it('are on one chain, with blocks of each on it', async () => {
    const miners = await startLossyMiners({
      program: ['--import', 'tsx', 'lib/node/cli.ts'],
      powerPercent: 5,
      loss: 0.2,
      seed: 1,
      atEnd: (close) => cleanups.push(close),
    });
    await waitFor(
      async () => {
        const chain = new Set(await miners.chain());
        const found = miners.references.map((miner) =>
          miner.blocks().some(({ mine, hash }) => mine && chain.has(hash)),
        );
        if (chain.size < HEIGHT || found.includes(false)) return false;
        return (await miners.lags()).every((lag) => lag !== null && lag < LAG_BLOCKS);
      },
      { timeoutMs: 150_000, describe: () => `all follow our chain: ${miners.describe()}` },
    );
    for (const miner of miners.references) expect(miner.errors()).not.toContain('Traceback');
  });
});
