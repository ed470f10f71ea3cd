/**
 * The bridge to reference miners: what losses cost beside a model of them, our share of blocks, and datagrams a second
 * (R8, R9, R10).
 *
 * Goals: with 0.85 of the hash power the chain grows at least 0.95 times as fast as without loss and no miner is behind
 * for more than 5 s; other shares lie within 5 % of the model; of 40,000 blocks our share is our hash power's, the lower
 * 95 % bound at least 0.99 of it; 20,000 new blocks, 100,000 doubles, 100,000 garbage datagrams a second on one core.
 */
import { encodeBlock } from '../../lib/chain/codec.ts';
import { UDP_STRANGERS_LINK } from '../../lib/peer/neighbour.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { modelLoss, simulateLoss } from '../support/loss-worlds.ts';
import { stored, TestPeer } from '../support/peers.ts';
import type { Bench, Figure } from './bench.ts';

const LOSS = 0.2;
const MINUTES = 10;
const SHARES = [0.2, 0.35, 0.5, 0.65, 0.8, 0.85];
const SEEDS = 8;
const MODEL_SEEDS = 1_000;
const SHARE_MINUTES = 700;
const SHARE = 0.5;
/** Of the normal distribution, one-sided 95 %. */
const Z95 = 1.645;
const MINER = 'udp:10.0.0.7:5000';
const BLOCKS = 2_000;
const MEASURED_SECONDS = 1.5;

const bench: Bench = {
  title: 'two naive miners and ours: losses, our share of blocks, datagrams a second',
  run: () => [...SHARES.flatMap(lossFigures), ...shareFigures(), ...rateFigures()],
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

function shareFigures(): Figure[] {
  const world = { seed: 1, share: SHARE, loss: 0, minutes: SHARE_MINUTES };
  const { height, own, ownFound, found } = simulateLoss(world);
  const ratio = own / height / SHARE;
  const spread = Math.sqrt((1 - SHARE) / (SHARE * height));
  // What luck gave us in finding is left out: only what became of the blocks found.
  const kept = own / ownFound / ((height - own) / (found - ownFound));
  return [
    { name: 'blocks on the chain', value: height, unit: 'blocks' },
    { name: 'our share of them ÷ our hash power', value: ratio, unit: '' },
    { name: 'its lower 95 % bound', value: ratio - Z95 * spread, unit: '' },
    { name: 'our blocks kept ÷ the others’ kept', value: kept, unit: '' },
  ];
}

function rateFigures(): Figure[] {
  const blocks = freeBlocks(FREE_GENESIS_HASH, BLOCKS, 'new', 150).map((block) =>
    encodeBlock(block),
  );
  const garbage = Array.from({ length: BLOCKS }, (_, i) =>
    Buffer.from(`{"data":"${'ab'.repeat(100)}","previous":"${i}","p_o_w":"00"}`),
  );
  const open = () => {
    const peer = new TestPeer(1, { agent: 'node' }, stored([]));
    peer.connect(MINER, null, 'udp');
    peer.hearBytes(MINER, encodeBlock(FREE_GENESIS));
    return peer;
  };
  const hear = (peer: TestPeer, datagrams: readonly Uint8Array[], linkId: string) => {
    for (const bytes of datagrams) peer.hearBytes(linkId, bytes);
    peer.outputs.length = 0;
  };
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
    rate('garbage', () => hear(full, garbage, UDP_STRANGERS_LINK)),
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
