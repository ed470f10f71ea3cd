/**
 * The spacing of blocks in a simulated `class` room: no network, but miners who come and go, and who lie about the time.
 */
import { medianTimeMs, type Rules } from '../../lib/chain/rules.ts';
import type { TreeEntry } from '../../lib/chain/tree.ts';
import { imagineAt, makeClassRules, SPACING_MS, START_MS } from './class-room.ts';
import { seededRandom } from './random.ts';

/** Three phones, at the rate of which the room's first target finds one block a spacing. */
export const HASHES_PER_MS = 50_000;
const FITTING_TARGET = (1n << 256n) / BigInt(HASHES_PER_MS * SPACING_MS);
/** Easing is followed in steps of this much. */
const STEP_MS = SPACING_MS / 50;

/** Miners who date their blocks alike. */
export interface MinerGroup {
  /** Of the room's power; those of all groups make 1. */
  readonly share: number;
  /** By so much their blocks' times are wrong. Rules still bind them: after the median, at most T/2 ahead. */
  readonly offByMs: number;
}

export const HONEST: readonly MinerGroup[] = [{ share: 1, offByMs: 0 }];

export interface ClassRoom {
  /** The intervals in milliseconds between the next blocks. */
  mine(count: number, hashesPerMs: number): number[];
  /** Nobody mines for a while. */
  pause(ms: number): void;
}

/** A room without forks, in which blocks are found as chance has it. */
export function openClassRoom(seed: number, groups: readonly MinerGroup[] = HONEST): ClassRoom {
  const random = seededRandom(seed);
  const rules: Rules = makeClassRules(FITTING_TARGET);
  let nowMs = START_MS;
  let tip: TreeEntry = imagineAt(rules, null, nowMs);

  /** The time that this group's block states when it is found now. */
  function dateOf({ offByMs }: MinerGroup, earliestMs: number): number {
    const aheadMs = Math.min(offByMs, SPACING_MS / 2);
    return Math.max(Math.round(nowMs + aheadMs), earliestMs);
  }

  /** Proofs a millisecond of each group, by the targets that their own dates give them. */
  function ratesOf(hashesPerMs: number, earliestMs: number): number[] {
    return groups.map((group) => {
      const target = rules.targetAt(tip, dateOf(group, earliestMs));
      return group.share * hashesPerMs * Number(target >> 160n) * 2 ** -96;
    });
  }

  function findNext(hashesPerMs: number): number {
    const startMs = nowMs;
    const earliestMs = medianTimeMs(tip) + 1;
    let missing = -Math.log(1 - random());
    for (let stepMs = 1; ; stepMs = STEP_MS) {
      const rates = ratesOf(hashesPerMs, earliestMs);
      const perMs = rates.reduce((sum, rate) => sum + rate, 0);
      if (missing <= perMs * stepMs) {
        nowMs += missing / perMs;
        const finder = groups[pickByRate(rates, perMs * random())]!;
        tip = imagineAt(rules, tip, dateOf(finder, earliestMs));
        return nowMs - startMs;
      }
      missing -= perMs * stepMs;
      nowMs += stepMs;
    }
  }

  return {
    mine: (count, hashesPerMs) => Array.from({ length: count }, () => findNext(hashesPerMs)),
    pause: (ms) => {
      nowMs += ms;
    },
  };
}

function pickByRate(rates: readonly number[], drawn: number): number {
  let rest = drawn;
  for (let i = 0; i < rates.length - 1; i++) {
    rest -= rates[i]!;
    if (rest < 0) return i;
  }
  return rates.length - 1;
}

/** One thing that a class room promises, measured over many seeds. */
export interface SpacingFigure {
  readonly name: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** Who dates blocks wrongly, a third of the power each. */
const LIARS: Readonly<Record<string, readonly MinerGroup[]>> = {
  'a third dates its blocks as early as rules allow': withLiars(-Number.MAX_SAFE_INTEGER),
  'a third dates its blocks three spacings back': withLiars(-3 * SPACING_MS),
  'a third dates its blocks as late as rules allow': withLiars(SPACING_MS / 2),
  'clocks are wrong by up to half a spacing, either way': [
    { share: 1 / 3, offByMs: -SPACING_MS / 2 },
    { share: 1 / 3, offByMs: 0 },
    { share: 1 / 3, offByMs: SPACING_MS / 2 },
  ],
  'a third has a clock that is an hour behind': withLiars(-3_600_000),
};

/** All that a class room promises of its spacing, over the seeds from 0 on. */
export function* measureClassRooms(seeds: number): Generator<SpacingFigure> {
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  const after = (seed: number, ...powers: number[]): number[] => {
    const room = openClassRoom(seed);
    return powers.map((power) => mean(room.mine(60, power).slice(30)) / SPACING_MS).slice(-1);
  };
  const laptops = 100 * HASHES_PER_MS;
  yield spacing(
    'blocks 30 to 60 after 300 laptops join 3 phones',
    mean(all.flatMap((seed) => after(seed, HASHES_PER_MS, laptops))),
  );
  yield spacing(
    'blocks 30 to 60 after they have left again',
    mean(all.flatMap((seed) => after(seed, HASHES_PER_MS, laptops, HASHES_PER_MS))),
  );
  for (const [fold, minutes] of [
    [100, 2],
    [4_000, 5],
  ] as const) {
    const inTime = all.filter((seed) => {
      const room = openClassRoom(seed);
      room.mine(60, HASHES_PER_MS);
      return room.mine(1, HASHES_PER_MS / fold)[0]! <= 60_000 * minutes;
    });
    yield {
      name: `share of rooms with a block within ${minutes} minutes of a ${fold.toLocaleString('en')}-fold drop`,
      value: inTime.length / seeds,
      least: 0.99,
      most: 1,
    };
  }
  yield {
    name: 'blocks within ten spacings after a pause of a day, at most',
    value: Math.max(...all.map(countAfterPause)),
    least: 1,
    most: 25,
  };
  for (const [name, groups] of Object.entries(LIARS))
    yield spacing(
      name,
      mean(
        all.map(
          (seed) =>
            mean(openClassRoom(seed, groups).mine(160, HASHES_PER_MS).slice(60)) / SPACING_MS,
        ),
      ),
    );
}

function withLiars(offByMs: number): MinerGroup[] {
  return [
    { share: 2 / 3, offByMs: 0 },
    { share: 1 / 3, offByMs },
  ];
}

function spacing(name: string, value: number): SpacingFigure {
  return { name: `spacing: ${name}`, value, least: 0.8, most: 1.2 };
}

function countAfterPause(seed: number): number {
  const room = openClassRoom(seed);
  room.mine(50, HASHES_PER_MS);
  room.pause(86_400_000);
  let count = 0;
  let sinceMs = 0;
  for (const gapMs of room.mine(60, HASHES_PER_MS)) {
    sinceMs += gapMs;
    if (sinceMs < 10 * SPACING_MS) count++;
  }
  return count;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
