/**
 * One Node process of the simulator's benchmark: runs a world of so many peers for so many seconds, and prints what it
 * took as JSON. A world gets a heap of its own, as with `npm run sim`.
 */
import { drawScenario, runWorld, type WorldOptions } from '../../lib/sim/index.ts';

/** By then hardly a link is made any more, and the engine has compiled what runs often. */
const SETTLED_AFTER_SECONDS = 30;
const SEED = 1;
const TICK_MS = 1_000;

/** What a stretch of a world took. */
export interface Stretch {
  readonly events: number;
  /** Of the processor. */
  readonly seconds: number;
  readonly virtualSeconds: number;
}

export interface MeasuredWorld {
  readonly peers: number;
  readonly whole: Stretch;
  /** Null where the world ends before it has settled. */
  readonly atRest: Stretch | null;
}

const [peers, seconds] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(measure(peers!, seconds!)));

function measure(peers: number, virtualSeconds: number): MeasuredWorld {
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
