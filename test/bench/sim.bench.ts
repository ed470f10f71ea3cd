/**
 * How fast simulated worlds run, and how that grows with their peers (R31).
 *
 * Goals: 300,000 events a second on one core, where an event is an input to a peer other than a tick; an hour of a
 * thousand peers within two minutes. What is counted is the processor time of the process. The rate is held against
 * bare hashing on the same machine, since both slow down alike where others use it too. A room at rest is measured: an
 * honest one, in which each peer pings its dozen neighbours and a block comes every few seconds.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { drawScenario, runWorld, type WorldOptions } from '../../lib/sim/index.ts';
import { fitExponent } from '../support/scaling.ts';
import { measureRate, type Bench, type Figure } from './bench.ts';

/** Peers, and for how many seconds of virtual time. */
const WORLDS = [
  [10, 3_000],
  [100, 300],
  [1_000, 60],
  [10_000, 12],
] as const;
const HOUR_PEERS = 1_000;
const SECONDS_PER_HOUR = 3_600;
const SEED = 1;
const TICK_MS = 1_000;

interface Measured {
  readonly peers: number;
  readonly events: number;
  readonly seconds: number;
  readonly virtualSeconds: number;
}

const bench: Bench = {
  title: 'simulated worlds',
  run() {
    const bytes = new Uint8Array(52);
    const hashed = 'SHA-256 of 52 bytes (noble)';
    const rate = measureRate(100, () => {
      for (let i = 0; i < 100; i++) sha256(bytes);
    });
    const figures: Figure[] = [{ name: hashed, value: rate, unit: 'hashes/s' }];
    const worlds = WORLDS.map(([peers, seconds]) => measure(peers, seconds));
    for (const { peers, events, seconds, virtualSeconds } of worlds) {
      const of = `${peers.toLocaleString('en')} peers`;
      figures.push({
        name: `${of}, events`,
        value: events / seconds,
        unit: 'events/s',
        against: hashed,
      });
      figures.push({
        name: `${of}, virtual time`,
        value: virtualSeconds / seconds,
        unit: 's/s',
      });
      if (peers === HOUR_PEERS)
        figures.push({
          name: `${of}, an hour takes`,
          value: (seconds / virtualSeconds) * SECONDS_PER_HOUR,
          unit: 's',
        });
    }
    const costs = new Map(worlds.map(({ peers, events, seconds }) => [peers, seconds / events]));
    figures.push({
      name: 'exponent of the cost of an event, by peers',
      value: fitExponent(costs) - 1,
      unit: '',
    });
    const perSecond = new Map(
      worlds.map(({ peers, seconds, virtualSeconds }) => [peers, seconds / virtualSeconds]),
    );
    figures.push({
      name: 'exponent of the cost of a virtual second, by peers',
      value: fitExponent(perSecond) - 1,
      unit: '',
    });
    return figures;
  },
};
export default bench;

function measure(peers: number, virtualSeconds: number): Measured {
  const options = makeRestingRoom(peers, virtualSeconds);
  const started = process.cpuUsage();
  const { events, violations } = runWorld(options);
  const { user, system } = process.cpuUsage(started);
  if (violations.length > 0) throw new Error(`a checker found: ${violations[0]!.what}`);
  return { peers, events, seconds: (user + system) / 1_000_000, virtualSeconds };
}

/** A drawn room in which nothing goes wrong, and nothing ends. */
function makeRestingRoom(peers: number, virtualSeconds: number): WorldOptions {
  const drawn = drawScenario({ seed: SEED, peers, room: 'class', minutes: 1 });
  const stopsMs = 1_000 * virtualSeconds;
  return {
    ...drawn,
    stopsMs,
    faultsMs: stopsMs + 1,
    faults: [],
    closely: false,
    // As many ticks for each peer, whatever the size.
    tickMs: TICK_MS,
    peers: drawn.peers.map((spec) => ({
      ...spec,
      joinsMs: Math.min(spec.joinsMs, 3_000),
      hostile: null,
      busyMs: 0,
    })),
  };
}
