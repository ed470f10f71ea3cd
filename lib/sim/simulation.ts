/**
 * `npm run sim`: one world from a seed, told in a few lines; the last one is `digest <hex>` (R31).
 */
import { SEED_LIMIT } from './random.ts';
import { drawScenario, ROOM_KINDS, type RoomKind, type ScenarioChoice } from './scenario.ts';
import { runWorld, type WorldResult } from './world.ts';

/** A world of more peers than this does not fit into a machine's memory. */
export const PEERS_LIMIT = 10_000;
/** Faults for longer than a day are no simulation but a patience test. */
export const MINUTES_LIMIT = 1_440;

export interface SimulationReport {
  readonly lines: readonly string[];
  readonly ok: boolean;
}

/** Runs the chosen world and reports: what happened, what was violated, how to replay it, and the digest. */
export function runSimulation(choice: ScenarioChoice): SimulationReport {
  const result = runWorld(drawScenario(choice));
  const lines = [
    `${result.events} events in ${(result.virtualMs / 60_000).toFixed(1)} virtual minutes, chain of ${result.height} blocks`,
  ];
  if (result.violations.length > 0)
    lines.push('', ...result.story(), '', ...describeViolations(result));
  lines.push(
    result.violations.length === 0
      ? 'all checkers are content'
      : `replay: ${replayCommand(choice)}`,
    `digest ${result.digest}`,
  );
  return { lines, ok: result.violations.length === 0 };
}

/** The command that runs this world again. */
export function replayCommand({ seed, peers, minutes, room }: ScenarioChoice): string {
  const parts = [`npm run sim -- --seed ${seed}`];
  if (peers !== undefined) parts.push(`--peers ${peers}`);
  if (minutes !== undefined) parts.push(`--minutes ${minutes}`);
  if (room !== undefined) parts.push(`--room ${room}`);
  return parts.join(' ');
}

/** The violations of a result, one a line. */
export function describeViolations({ violations }: WorldResult): string[] {
  return violations.map(
    ({ checker, requirement, atMs, who, what }) =>
      `${checker} (${requirement}) at ${(atMs / 1000).toFixed(1)} s${who === '' ? '' : `, ${who}`}: ${what}`,
  );
}

export type ChoiceOutcome =
  | { readonly ok: true; readonly choice: ScenarioChoice }
  | { readonly ok: false; readonly message: string };

/** Reads the flags `--seed`, `--peers`, `--minutes` and `--room`, given as texts. A seed is needed. */
export function readChoice(
  flags: Readonly<Partial<Record<'seed' | 'peers' | 'minutes' | 'room', string>>>,
): ChoiceOutcome {
  const refuse = (message: string): ChoiceOutcome => ({ ok: false, message });
  const seed = readNumber(flags.seed, 0, SEED_LIMIT - 1);
  if (seed === null || seed === undefined)
    return refuse('--seed is needed: a whole number from 0 to below 2^53.');
  const peers = readNumber(flags.peers, 2, PEERS_LIMIT);
  if (peers === null) return refuse(`--peers is a whole number from 2 to ${PEERS_LIMIT}.`);
  const minutes = readNumber(flags.minutes, 1, MINUTES_LIMIT);
  if (minutes === null) return refuse(`--minutes is a whole number from 1 to ${MINUTES_LIMIT}.`);
  const { room } = flags;
  if (room !== undefined && !isRoomKind(room))
    return refuse(`--room is one of ${ROOM_KINDS.join(', ')}.`);
  return { ok: true, choice: { seed, peers, minutes, room } };
}

function isRoomKind(text: string): text is RoomKind {
  return (ROOM_KINDS as readonly string[]).includes(text);
}

/** Undefined where the flag is absent, null where it is no whole number of the range. */
function readNumber(
  text: string | undefined,
  least: number,
  most: number,
): number | null | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}
