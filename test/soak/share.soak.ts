/**
 * Our share of the blocks on the longest chain against our share of the hash power (R8): our program and two reference
 * miners, real processes and sockets, until 2,000 blocks are found. Both sides count the hashes that they try.
 *
 * Luck in finding alone moves the share of so few blocks by a per cent or two, which is told; what the strategy is worth
 * shows in which of the blocks that were found stay on the chain, and this decides.
 */
import { startLossyMiners, type LossyMiners } from '../support/lossy-miners.ts';
import { readCounts, type Soak } from './soak.ts';

/** The goal for our share of the blocks, against that of the hash power. */
const LEAST_RATIO = 0.99;
/** One-sided 95 % of the normal distribution. */
const Z95 = 1.645;
/** Ours then has about four fifths of the hash power. */
const POWER_PERCENT = 10;
const LOOK_EVERY_MS = 1_000;
const TELL_EVERY_LOOKS = 30;

const soak: Soak = {
  title: 'our share of the blocks against our share of the hash power',
  async run(flags, tell) {
    const read = readCounts(flags, { blocks: 2_000, minutes: 30, power: POWER_PERCENT });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { blocks, minutes, power } = read.counts;
    const ends: (() => unknown)[] = [];
    try {
      const miners = await startLossyMiners({
        ...{ program: ['dist/cli.js'], powerPercent: power, loss: 0, seed: 1 },
        atEnd: (close) => void ends.push(close),
      });
      const before = await count(miners);
      const untilMs = performance.now() + 60_000 * minutes;
      let after = before;
      for (let look = 1; after.height - before.height < blocks; look++) {
        if (performance.now() > untilMs)
          return {
            kind: 'failed',
            summary: `${minutes} minutes were too few: ${miners.describe()}`,
          };
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        after = await count(miners);
        if (look % TELL_EVERY_LOOKS === 0)
          tell(`${after.height - before.height} blocks, ${after.found - before.found} found by us`);
      }
      return judge(before, after, await miners.chain(), miners);
    } finally {
      for (const end of ends.reverse()) await end();
    }
  },
};

export default soak;

interface Count {
  readonly height: number;
  readonly found: number;
  readonly hashes: number;
  /** By each reference miner: blocks that it has accepted, and hashes. */
  readonly accepted: readonly number[];
  readonly theirHashes: number;
}

async function count(miners: LossyMiners): Promise<Count> {
  const seen = miners.references.map((miner) => miner.blocks());
  return {
    ...(await miners.figures()),
    accepted: seen.map(({ length }) => length),
    theirHashes: seen.reduce((sum, all) => sum + (all.at(-1)?.hashes ?? 0), 0),
  };
}

function judge(before: Count, after: Count, chain: readonly string[], { references }: LossyMiners) {
  const theirs = new Set<string>();
  references.forEach((miner, at) => {
    const between = miner.blocks().slice(before.accepted[at], after.accepted[at]);
    for (const { hash, mine } of between) if (mine) theirs.add(hash);
  });
  const between = chain.slice(before.height + 1, after.height + 1);
  const theirsKept = between.filter((hash) => theirs.has(hash)).length;
  const [own, ownFound] = [between.length - theirsKept, after.found - before.found];
  const hashes = after.hashes - before.hashes;
  const power = hashes / (hashes + after.theirHashes - before.theirHashes);
  const ratio = own / between.length / power;
  const error = Math.sqrt((1 - power) / (power * between.length));
  // Blocks found around the first and the last look may count on one side only.
  const kept = Math.min(1, own / ownFound);
  const othersKept = Math.min(1, theirsKept / theirs.size);
  const mean = power * kept + (1 - power) * othersKept;
  const fair = kept / mean;
  const fairError =
    ((1 - power) / mean ** 2) *
    Math.hypot(
      othersKept * Math.sqrt((kept * (1 - kept)) / ownFound),
      kept * Math.sqrt((othersKept * (1 - othersKept)) / theirs.size),
    );
  const fairBound = fair - Z95 * fairError;
  const percent = (part: number) => `${(100 * part).toFixed(2)} %`;
  const summary = [
    `of ${between.length} blocks ${percent(own / between.length)} are ours, with ${percent(power)} of the hashes`,
    `ratio ${ratio.toFixed(4)}, lower 95 % bound ${(ratio - Z95 * error).toFixed(4)}`,
    `${own} of ${ownFound} found by us and ${theirsKept} of ${theirs.size} found by the others are on the chain`,
    `without luck in finding ${fair.toFixed(4)}, lower 95 % bound ${fairBound.toFixed(4)}`,
  ].join('; ');
  const isGood = fairBound >= LEAST_RATIO && ratio + Z95 * error >= LEAST_RATIO;
  return { kind: isGood ? ('passed' as const) : ('failed' as const), summary };
}
