/**
 * Which worlds there are: one payment with a crash at a chosen step of a chosen party, and worlds drawn from seeds.
 */
import { Random } from '../random.ts';
import type { Party } from './party.ts';
import { CommitWorld, type CommitWorldOptions, type CommitWorldResult } from './world.ts';

/** Sender, receiver, witness, and one who only mines. */
export const ROLES = ['sender', 'receiver', 'witness', 'bystander'] as const;

/** A crash of the party with this role before its step with this number. */
export interface PlannedCrash {
  readonly role: number;
  readonly step: number;
  /** How long it stays down; null for ever. */
  readonly downMs: number | null;
}

export interface CrashResult extends CommitWorldResult {
  /** Steps of each party until the payment was in a block, or would have been. */
  readonly steps: readonly number[];
}

const CALM: Omit<CommitWorldOptions, 'random'> = {
  parties: ROLES.length,
  coinsEach: 1,
  delayMs: 10,
  loss: 0,
  duplication: 0,
  refusals: 0,
  writeMs: 5,
  spacingMs: 3_000,
  healsMs: 0,
  endsMs: 120_000,
};

/** How long a machine is down: for ever, shorter than any time-out, and longer than an attempt. */
export const DOWN_MS = [null, 300, 20_000] as const;

/** One payment on a good network, with these crashes. */
export function runCrashWorld(crashes: readonly PlannedCrash[]): CrashResult {
  const world = new CommitWorld({ ...CALM, random: new Random(1) });
  const [sender, receiver, witness] = world.parties as [Party, Party, Party];
  for (const { role, step, downMs } of crashes) {
    const party = world.parties[role]!;
    party.crashAtStep = step;
    const { crashed } = party;
    party.crashed = () => {
      crashed();
      if (downMs !== null) world.at(world.nowMs + downMs, () => party.start());
    };
  }
  let steps: number[] = [];
  world.at(1_000, () => world.pay(sender, receiver, witness, 20));
  // By then the payment is in a block, where nobody has crashed.
  world.at(10_000, () => {
    steps = world.parties.map((party) => party.steps);
  });
  return { ...world.run(), steps };
}

/** The world of a seed: several payments, loss, duplicates, reordering, partitions, crashes, refusals, forks. */
export function runCommitWorld(seed: number): CommitWorldResult {
  const random = new Random(seed);
  const healsMs = random.between(8_000, 30_000);
  const parties = 3 + random.below(3);
  const world = new CommitWorld({
    random,
    parties,
    coinsEach: 1 + random.below(3),
    delayMs: random.pick([5, 30, 200]),
    loss: random.pick([0, 0.1, 0.4]),
    duplication: random.pick([0, 0.2]),
    refusals: random.pick([0, 0, 0.3]),
    writeMs: random.pick([1, 10, 100]),
    spacingMs: random.pick([1_000, 3_000]),
    healsMs,
    endsMs: healsMs + 75_000,
  });
  for (let left = 1 + random.below(4); left > 0; left--) {
    const [sender, to, witness] = random.shuffle(world.parties) as [Party, Party, Party];
    const amount = 1 + random.below(100);
    world.at(random.between(500, 10_000), () => world.pay(sender, to, witness, amount));
  }
  for (let left = random.below(5); left > 0; left--) planCrash(world, random, healsMs);
  for (let left = random.below(3); left > 0; left--) planPartition(world, random, healsMs);
  return world.run();
}

/** At a moment, or before a step; most come back. */
function planCrash(world: CommitWorld, random: Random, healsMs: number): void {
  const party = random.pick(world.parties);
  const downMs = random.chance(0.2) ? null : random.between(0, 20_000);
  const { crashed } = party;
  party.crashed = () => {
    crashed();
    if (downMs === null) return;
    world.at(world.nowMs + downMs, () => {
      if (party.machine === null) party.start();
    });
  };
  if (random.chance(0.5)) world.at(random.between(500, healsMs), () => party.crash());
  else
    world.at(random.between(500, healsMs), () => {
      party.crashAtStep = party.steps + random.below(12);
    });
}

function planPartition(world: CommitWorld, random: Random, healsMs: number): void {
  const beginsMs = random.between(500, healsMs);
  const isOneWay = random.chance(0.3);
  const side = world.parties.map(() => random.chance(0.5));
  world.at(beginsMs, () => {
    side.forEach((here, i) =>
      side.forEach((there, j) => {
        if (here !== there && (here || !isOneWay)) world.cut.add(i + 100 * j);
      }),
    );
  });
  world.at(beginsMs + random.between(1_000, 30_000), () => world.cut.clear());
}
