/**
 * The bridge to reference miners: what losses cost beside a model of them, our share of blocks, and datagrams a second
 * (R8, R9, R10).
 *
 * Goals: with 0.85 of the hash power the chain grows at least 0.95 times as fast as without loss and no miner is behind
 * for more than 5 s; other shares lie within 5 % of the model; of 40,000 blocks our share is our hash power's, the lower
 * 95 % bound at least 0.99 of it; 20,000 new blocks, 100,000 doubles, 100,000 garbage datagrams a second on one core; a
 * tab's block is at a UDP miner's socket within 50 ms, 95 times of 100; at a tenth of those rates the search is slowed by
 * 5 % at most. The runs with losses take some minutes.
 */
import { writeUtf8 } from '../../lib/chain/bytes.ts';
import { encodeBlock } from '../../lib/chain/codec.ts';
import { UDP_STRANGERS_LINK } from '../../lib/peer/neighbour.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { modelLoss, simulateLoss, type LossOutcome } from '../support/loss-worlds.ts';
import { stored, TestPeer } from '../support/peers.ts';
import type { Bench, Figure } from './bench.ts';
import { measureSearchLoad } from './search-load.ts';
import { measureBridgeDelay } from './tabs/bridge-delay.ts';

const LOSS = 0.2;
const MINUTES = 10;
const SHARES = [0.2, 0.35, 0.5, 0.65, 0.8, 0.85];
/** At a third of the power single runs differ by a tenth. */
const SEEDS = 32;
/** Chains of ours that grow fast: one lost block costs a naive miner all that follow until it comes again. */
const FAST = { share: 0.9, spacingsMs: [250, 125], minutes: 2, seeds: 8 } as const;
const MODEL_SEEDS = 1_000;
/** Many short worlds instead of a long one, whose checkers go through its whole chain again and again. */
const SHARE_WORLDS = 20;
const SHARE_MINUTES = 35;
const SHARE = 0.5;
/** One-sided 95 %: of the normal distribution, and of Student's with a degree less than there are worlds. */
const Z95 = 1.645;
const T95 = 1.729;
const MINER = 'udp:10.0.0.7:5000';
const BLOCKS = 2_000;
/** So many datagrams that wait Node reads in one turn of its loop. */
const TURN = 32;
const MEASURED_SECONDS = 1.5;

const bench: Bench = {
  title: 'two naive miners and ours: losses, our share of blocks, datagrams a second',
  run: async () => [
    ...(await rateFigures()),
    ...(await measureBridgeDelay()),
    ...shareFigures(),
    ...SHARES.flatMap(lossFigures),
    ...FAST.spacingsMs.flatMap(fastFigures),
  ],
};
export default bench;

function lossFigures(share: number): Figure[] {
  const mean = (count: number, height: (seed: number) => number): number => {
    let sum = 0;
    for (let seed = 1; seed <= count; seed++) sum += height(seed);
    return sum / count;
  };
  let behindMs = 0;
  const common = { share, minutes: MINUTES };
  const lossy = mean(SEEDS, (seed) => {
    const outcome = simulateLoss({ ...common, seed, loss: LOSS });
    behindMs = Math.max(behindMs, outcome.behindMs);
    return outcome.height;
  });
  const whole = mean(SEEDS, (seed) => simulateLoss({ ...common, seed, loss: 0 }).height);
  const model = mean(MODEL_SEEDS, (seed) => modelLoss({ ...common, seed, loss: LOSS }));
  const of = `share ${share}`;
  return [
    { name: `${of}, no loss`, value: whole, unit: 'blocks' },
    { name: `${of}, model of 20 % lost`, value: model, unit: 'blocks' },
    {
      name: `${of}, 20 % lost`,
      value: lossy,
      unit: 'blocks',
      against: `${of}, model of 20 % lost`,
    },
    { name: `${of}, growth kept`, value: lossy, unit: 'blocks', against: `${of}, no loss` },
    { name: `${of}, behind at most`, value: behindMs / 1_000, unit: 's' },
  ];
}

function fastFigures(spacingMs: number): Figure[] {
  const { share, minutes, seeds } = FAST;
  const worlds = (loss: number) =>
    Array.from({ length: seeds }, (_, i) =>
      simulateLoss({ seed: i + 1, share, loss, minutes, spacingMs }),
    );
  const sum = (outcomes: LossOutcome[]) =>
    outcomes.reduce((total, { height }) => total + height, 0);
  const lossy = worlds(LOSS);
  const of = `a block each ${spacingMs} ms`;
  const behindMs = Math.max(...lossy.map((outcome) => outcome.behindMs));
  return [
    { name: `${of}, no loss`, value: sum(worlds(0)), unit: 'blocks' },
    { name: `${of}, growth kept`, value: sum(lossy), unit: 'blocks', against: `${of}, no loss` },
    { name: `${of}, behind at most`, value: behindMs / 1_000, unit: 's' },
  ];
}

function shareFigures(): Figure[] {
  const worlds = Array.from({ length: SHARE_WORLDS }, (_, i) =>
    simulateLoss({ seed: i + 1, share: SHARE, loss: 0, minutes: SHARE_MINUTES }),
  );
  const sum = (of: (world: LossOutcome) => number) =>
    worlds.reduce((total, world) => total + of(world), 0);
  const blocks = sum(({ height }) => height);
  const ratio = sum(({ own }) => own) / blocks / SHARE;
  const error = Math.sqrt((1 - SHARE) / (SHARE * blocks));
  // What luck gave us in finding is left out: only what became of the blocks found.
  const fair = worlds.map(({ height, own, ownFound, found }) => {
    const [kept, othersKept] = [own / ownFound, (height - own) / (found - ownFound)];
    return kept / (SHARE * kept + (1 - SHARE) * othersKept);
  });
  const mean = fair.reduce((total, one) => total + one, 0) / SHARE_WORLDS;
  const squares = fair.reduce((total, one) => total + (one - mean) ** 2, 0);
  const fairError = Math.sqrt(squares / (SHARE_WORLDS - 1) / SHARE_WORLDS);
  return [
    { name: 'blocks on the chain', value: blocks, unit: 'blocks' },
    { name: 'our share of them ÷ our hash power', value: ratio, unit: '' },
    { name: 'its lower 95 % bound', value: ratio - Z95 * error, unit: '' },
    { name: 'the same without luck in finding', value: mean, unit: '' },
    { name: 'its lower 95 % bound (fair)', value: mean - T95 * fairError, unit: '' },
  ];
}

async function rateFigures(): Promise<Figure[]> {
  const blocks = freeBlocks(FREE_GENESIS_HASH, BLOCKS, 'new', 150).map((block) =>
    encodeBlock(block),
  );
  const fresh = freeBlocks(FREE_GENESIS_HASH, 10 * BLOCKS, 'fresh', 150).map((block) =>
    encodeBlock(block),
  );
  const garbage = Array.from({ length: BLOCKS }, (_, i) =>
    Buffer.from(`{"data":"${'ab'.repeat(100)}","previous":"${i}","p_o_w":"00"}`),
  );
  const open = () => {
    const peer = new TestPeer(1, { agent: 'node', mines: true, room: '' }, stored([]));
    peer.connect(MINER, null, 'udp');
    peer.hearBytes(MINER, encodeBlock(FREE_GENESIS));
    peer.resumes = false;
    return peer;
  };
  const hear = (peer: TestPeer, datagrams: readonly Uint8Array[], linkId: string) => {
    const laterMs = peer.monotonicMs - performance.now();
    datagrams.forEach((bytes, at) => {
      peer.monotonicMs = performance.now() + laterMs;
      peer.hearBytes(linkId, bytes);
      if (at % TURN === TURN - 1) peer.step({ kind: 'resume' });
    });
    peer.outputs.length = 0;
  };
  /** White space at the end makes each a datagram that was never heard. */
  let words = 0;
  const reworded = () =>
    blocks.map((bytes) => Uint8Array.of(...bytes, ...writeUtf8(' '.repeat(++words % 997))));
  const full = open();
  hear(full, blocks, MINER);
  const rate = (name: string, action: () => void): Figure => ({
    name,
    value: measureCoreRate(BLOCKS, action),
    unit: 'datagrams/s',
  });
  return [
    rate('new valid blocks', () => hear(open(), blocks, MINER)),
    rate('doubles', () => hear(full, blocks, MINER)),
    rate('doubles, each in other words', () => hear(full, reworded(), MINER)),
    rate('garbage', () => hear(full, garbage, UDP_STRANGERS_LINK)),
    ...(await measureSearchLoad([
      {
        ...{ name: 'new valid blocks', perSecond: 2_000, peer: open() },
        datagram: (number) => [MINER, fresh[number % fresh.length]!],
      },
      {
        ...{ name: 'doubles', perSecond: 10_000, peer: full },
        datagram: (number) => [MINER, blocks[number % BLOCKS]!],
      },
      {
        ...{ name: 'garbage', perSecond: 10_000, peer: full },
        datagram: (number) => [UDP_STRANGERS_LINK, garbage[number % BLOCKS]!],
      },
    ])),
  ];
}

/** How many things a second one core does, by the processor's own time: other programs take none of it. */
function measureCoreRate(count: number, action: () => void): number {
  action();
  const started = process.cpuUsage();
  for (let done = count; ; done += count) {
    action();
    const { user, system } = process.cpuUsage(started);
    const seconds = (user + system) / 1_000_000;
    if (seconds >= MEASURED_SECONDS) return done / seconds;
  }
}
