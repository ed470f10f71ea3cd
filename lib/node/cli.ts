#!/usr/bin/env node
/**
 * The command line: `start`, `miner`, `check`, `peer`, `simulate`, `sim`, `help` and `--version`.
 */
import { readCheckFlags, runCheck } from './check-command.ts';
import {
  CHECK_HELP,
  HELP,
  MINER_HELP,
  PEER_HELP,
  SIM_HELP,
  SIMULATE_HELP,
  START_HELP,
} from './help-text.ts';
import { readMinerFlags } from './miner-flags.ts';
import { runMiner } from './miner-command.ts';
import { runPeer } from './peer-command.ts';
import { readPeerFlags } from './peer-flags.ts';
import { readVersion } from './package-root.ts';
import { readSimFlags, runSim } from './sim-command.ts';
import { readSimulateFlags, runSimulate } from './simulate-command.ts';
import { readStartFlags } from './start-flags.ts';
import { runStart } from './start-command.ts';
import { EXIT, processTerminal, type Terminal } from './terminal.ts';
import type { FlagsOutcome } from './flag-values.ts';
import { joinVectors } from './wide-vectors.ts';

const COMMAND_HELPS = new Map([
  ['start', START_HELP],
  ['miner', MINER_HELP],
  ['check', CHECK_HELP],
  ['peer', PEER_HELP],
  ['simulate', SIMULATE_HELP],
  ['sim', SIM_HELP],
]);

/** Runs one command and returns the exit code. */
async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  const [command, ...rest] = words;
  switch (command) {
    case 'start':
      return runCommand(readStartFlags(rest), START_HELP, terminal, runStart);
    case 'miner':
      return runCommand(readMinerFlags(rest), MINER_HELP, terminal, runMiner);
    case 'check':
      return runCommand(readCheckFlags(rest), CHECK_HELP, terminal, runCheck);
    case 'peer':
      return runCommand(readPeerFlags(rest), PEER_HELP, terminal, runPeer);
    case 'simulate':
      return runCommand(readSimulateFlags(rest), SIMULATE_HELP, terminal, runSimulate);
    case 'sim':
      return runCommand(readSimFlags(rest), SIM_HELP, terminal, runSim);
    case 'help':
    case '--help':
    case '-h':
      terminal.print((COMMAND_HELPS.get(rest[0] ?? '') ?? HELP).trimEnd());
      return EXIT.ok;
    case '--version':
    case '-v':
      terminal.print(readVersion());
      return EXIT.ok;
    case undefined:
      terminal.complain(HELP.trimEnd());
      return EXIT.usage;
    default:
      terminal.complain(
        `"${command}" is no command: write start, miner, check, peer, simulate, sim or help.`,
      );
      return EXIT.usage;
  }
}

async function runCommand<Flags>(
  outcome: FlagsOutcome<Flags>,
  help: string,
  terminal: Terminal,
  command: (flags: Flags, terminal: Terminal) => Promise<number>,
): Promise<number> {
  switch (outcome.kind) {
    case 'flags':
      return command(outcome.flags, terminal);
    case 'help':
      terminal.print(help.trimEnd());
      return EXIT.ok;
    case 'usage':
      terminal.complain(help.trimEnd());
      return EXIT.usage;
    case 'wrong':
      terminal.complain(outcome.message);
      return EXIT.usage;
  }
}

joinVectors();
// WebRTC's threads would keep the process for seconds, so it ends by its own word.
process.exit(await run(process.argv.slice(2), processTerminal));
