/**
 * Rooms of 1,000 and 10,000 peers: each block must reach everyone, and lookups must find who is there, while a fifth of
 * the room changes a minute. Rooms of every size from 14 to 1,000 must hang together.
 */
import { LINK_LIMITS } from '../../lib/net/neighbour-choice.ts';
import { Random } from '../../lib/sim/random.ts';
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { countHops, roomGraphOf } from '../support/graphs.ts';
import { measureOverlay } from '../support/overlay-figures.ts';
import { readCounts, type Soak } from './soak.ts';

const SIZES = [1_000, 10_000];
const LEAST_RIGHT = 0.999;
const COPIES_LIMIT = 3;

const soak: Soak = {
  title: 'large rooms: gossip reaches everyone, lookups find who is there',
  run(flags, tell) {
    const read = readCounts(flags, { seed: 1, rounds: 12, lookups: 1_000, rooms: 1_000 });
    if (!read.ok) return Promise.resolve({ kind: 'wrong', message: read.message });
    const { seed, rounds, lookups, rooms } = read.counts;
    let failures = 0;
    for (const size of SIZES) {
      const figures = measureOverlay(size, rounds, lookups, seed);
      tell(JSON.stringify(figures));
      const most = Math.log2(size);
      const isGood =
        figures.reach === 1 &&
        figures.gossipHops <= most &&
        figures.mostCopies <= COPIES_LIMIT &&
        figures.right / figures.lookups >= LEAST_RIGHT &&
        figures.hops99 <= most;
      if (!isGood) failures++;
    }
    const random = new Random(seed);
    let apart = 0;
    for (let room = 0; room < rooms; room++) {
      const count = LINK_LIMITS.usual + 2 + random.below(1_000 - LINK_LIMITS.usual - 1);
      const nodes = Array.from({ length: count }, () => bytesToHex(random.bytes(20)));
      const graph = roomGraphOf(nodes, LINK_LIMITS.usual);
      if (countHops(graph, nodes[0]!) > Math.log2(count) + 1) apart++;
    }
    tell(
      `${rooms - apart} of ${rooms} rooms of 14 to 1,000 peers are connected in log2(n) + 1 hops`,
    );
    const kind = failures === 0 && apart === 0 ? 'passed' : 'failed';
    return Promise.resolve({ kind, summary: `${SIZES.join(' and ')} peers, seed ${seed}` });
  },
};

export default soak;
