/**
 * How fast simulated worlds run, and how that grows with their peers (R31).
 *
 * Goals: 300,000 events a second on one core, where an event is an input to a peer other than a tick; an hour of a
 * thousand peers within two minutes. What is counted is the processor time of the process. The rate is held against
 * bare hashing on the same machine, since both slow down alike where others use it too. It is an honest room, in which
 * each peer pings its dozen neighbours and a block comes every ten seconds: measured from its beginning, and once more
 * from when everybody has come and has found neighbours, since joining costs far more than being there.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sha256 } from '@noble/hashes/sha2.js';
import { fitExponent } from '../support/scaling.ts';
import { measureRate, type Bench, type Figure } from './bench.ts';
import type { MeasuredWorld, Stretch } from './sim-process.ts';

/** Peers, and for how many seconds of virtual time. */
const WORLDS = [
  [10, 3_000],
  [100, 300],
  [1_000, 90],
  [10_000, 12],
] as const;
const HOUR_PEERS = 1_000;
const SECONDS_PER_HOUR = 3_600;
/** As `npm run sim` sets it: see lib/sim/README.md. */
const NODE_FLAGS = ['--max-semi-space-size=64', '--import', 'tsx'];
const PROCESS = fileURLToPath(new URL('sim-process.ts', import.meta.url));

const bench: Bench = {
  title: 'simulated worlds',
  run() {
    const bytes = new Uint8Array(52);
    const hashed = 'SHA-256 of 52 bytes (noble)';
    const rate = measureRate(100, () => {
      for (let i = 0; i < 100; i++) sha256(bytes);
    });
    const figures: Figure[] = [{ name: hashed, value: rate, unit: 'hashes/s' }];
    const worlds = WORLDS.map(([peers, seconds]) => measureApart(peers, seconds));
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

function measureApart(peers: number, seconds: number): MeasuredWorld {
  const flags = [...NODE_FLAGS, PROCESS, String(peers), String(seconds)];
  return JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' })) as MeasuredWorld;
}

/** An hour begins as the world did, and goes on as it did at rest. */
function extrapolateHour(whole: Stretch, atRest: Stretch): number {
  const restSeconds = SECONDS_PER_HOUR - whole.virtualSeconds;
  return whole.seconds + (restSeconds * atRest.seconds) / atRest.virtualSeconds;
}
