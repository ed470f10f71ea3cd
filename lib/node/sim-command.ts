/**
 * `sim`: runs one simulated world and prints its digest as the last line (R31).
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { ScenarioChoice } from '../sim/scenario.ts';
import { readChoice, runSimulation } from '../sim/simulation.ts';
import { readWords, WrongWord, type FlagsOutcome } from './flag-values.ts';
import { EXIT, type Terminal } from './terminal.ts';

const SIM_OPTIONS = {
  seed: { type: 'string' },
  peers: { type: 'string' },
  minutes: { type: 'string' },
  room: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the words after `sim`. */
export function readSimFlags(words: readonly string[]): FlagsOutcome<ScenarioChoice> {
  return readWords(words, () => {
    const { values } = parseArgs({ args: [...words], options: SIM_OPTIONS });
    if (values.help === true) return { kind: 'help' };
    const outcome = readChoice(values);
    if (!outcome.ok) throw new WrongWord(outcome.message);
    return { kind: 'flags', flags: outcome.choice };
  });
}

/** Runs the world. The exit code says whether all checkers were content. */
export async function runSim(choice: ScenarioChoice, terminal: Terminal): Promise<number> {
  const report = runSimulation(choice);
  terminal.print(report.lines.join('\n'));
  return report.ok ? EXIT.ok : EXIT.failed;
}
