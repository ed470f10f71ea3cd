/**
 * How fast simulated worlds run, and how that grows with their peers (R31).
 *
 * Goals: 300,000 events a second on one core, where an event is an input to a peer other than a tick; an hour of a
 * thousand peers within two minutes. What is counted is the processor time of the process. The rate is held against
 * bare hashing on the same machine, since both slow down alike where others use it too. It is an honest room, in which
 * each peer pings its dozen neighbours and a block comes every ten seconds: measured from its beginning, and once more
 * from when everybody has come and has found neighbours, since joining costs far more than being there.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { drawScenario, runWorld, type WorldOptions } from '../../lib/sim/index.ts';
import { fitExponent } from '../support/scaling.ts';
import { measureRate, type Bench, type Figure } from './bench.ts';

/** Peers, and for how many seconds of virtual time. */
const WORLDS = [
  [10, 3_000],
  [100, 300],
  [1_000, 90],
  [10_000, 12],
] as const;
const HOUR_PEERS = 1_000;
const SECONDS_PER_HOUR = 3_600;
/** By then hardly a link is made any more, and the engine has compiled what runs often. */
const SETTLED_AFTER_SECONDS = 30;
const SEED = 1;
const TICK_MS = 1_000;

/** What a stretch of a world took. */
interface Stretch {
  readonly events: number;
  /** Of the processor. */
  readonly seconds: number;
  readonly virtualSeconds: number;
}

interface Measured {
  readonly peers: number;
  readonly whole: Stretch;
  /** Null where the world ends before it has settled. */
  readonly atRest: Stretch | null;
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
    for (const { peers, whole, atRest } of worlds) {
      const of = `${peers.toLocaleString('en')} peers`;
      figures.push({
        name: `${of}, events`,
        value: whole.events / whole.seconds,
        unit: 'events/s',
        against: hashed,
      });
      if (atRest !== null)
        figures.push({
          name: `${of} at rest, events`,
          value: atRest.events / atRest.seconds,
          unit: 'events/s',
          against: hashed,
        });
      figures.push({
        name: `${of}, virtual time`,
        value: whole.virtualSeconds / whole.seconds,
        unit: 's/s',
      });
      if (peers === HOUR_PEERS)
        figures.push({
          name: `${of}, an hour takes`,
          value: extrapolateHour(whole, atRest!),
          unit: 's',
        });
    }
    const costs = new Map(worlds.map(({ peers, whole }) => [peers, whole.seconds / whole.events]));
    figures.push({
      name: 'exponent of the cost of an event, by peers',
      value: fitExponent(costs) - 1,
      unit: '',
    });
    const perSecond = new Map(
      worlds.map(({ peers, whole }) => [peers, whole.seconds / whole.virtualSeconds]),
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
  const drawn = makeRestingRoom(peers, virtualSeconds);
  const settled = { events: 0, seconds: 0 };
  const started = process.cpuUsage();
  const options: WorldOptions = {
    ...drawn,
    prepare(world) {
      drawn.prepare?.(world);
      world.queue.push(1_000 * SETTLED_AFTER_SECONDS, () => {
        settled.events = world.events;
        settled.seconds = readSeconds(started);
      });
    },
  };
  const { events, violations } = runWorld(options);
  const seconds = readSeconds(started);
  if (violations.length > 0) throw new Error(`a checker found: ${violations[0]!.what}`);
  const atRest = {
    events: events - settled.events,
    seconds: seconds - settled.seconds,
    virtualSeconds: virtualSeconds - SETTLED_AFTER_SECONDS,
  };
  return {
    peers,
    whole: { events, seconds, virtualSeconds },
    atRest: atRest.virtualSeconds > 0 ? atRest : null,
  };
}

/** Processor time since then. */
function readSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000_000;
}

/** An hour begins as the world did, and goes on as it did at rest. */
function extrapolateHour(whole: Stretch, atRest: Stretch): number {
  const restSeconds = SECONDS_PER_HOUR - whole.virtualSeconds;
  return whole.seconds + (restSeconds * atRest.seconds) / atRest.virtualSeconds;
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
