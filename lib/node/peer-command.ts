/**
 * The command `peer`: client, server and miner of the TCP network in one (R22, R23).
 */
import { readFile } from 'node:fs/promises';
import { COMMAND_HELP, readCommand } from '../tcp-peer/command.ts';
import { readConfig, type ConfigOutcome } from '../tcp-peer/config.ts';
import { REPLY } from '../tcp-peer/peer.ts';
import { startPeer, type RunningPeer } from '../tcp-peer/running-peer.ts';
import { openCommandLine, type CommandLine } from './command-line.ts';
import { catchInterrupts, untilAborted } from './interrupt.ts';
import { openLogFile, type LogFile } from './log-file.ts';
import { describeChain } from './peer-chain-text.ts';
import type { PeerFlags } from './peer-flags.ts';
import { bridgeRoom, type RoomBridge } from './peer-room.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** Runs until `cc` or Ctrl-C, and returns the exit code. */
export async function runPeer(flags: PeerFlags, terminal: Terminal): Promise<number> {
  const config = await openConfig(flags.configPath);
  if (!config.ok) {
    terminal.complain(config.message);
    return EXIT.usage;
  }
  let log: LogFile | null = null;
  if (flags.logDir !== null) {
    const opened = await openLogFile(flags.logDir, flags.id, (text) => terminal.complain(text));
    if (!opened.ok) {
      terminal.complain(opened.message);
      return EXIT.failed;
    }
    log = opened.log;
  }
  const interrupts = catchInterrupts();
  let line: CommandLine | null = null;
  const notice = (sentence: string) => {
    log?.write(sentence);
    if (line === null) terminal.complain(sentence);
    else line.tell(sentence);
  };
  const started = await startPeer({
    ...flags,
    neighbours: config.neighbours,
    onEvent: (event) => log?.write(event),
    onNotice: notice,
  });
  if (!started.ok) {
    terminal.complain(started.message);
    return EXIT.usage;
  }
  const { peer } = started;
  let bridge: RoomBridge | null = null;
  if (flags.room !== null) {
    const outcome = await bridgeRoom(peer, flags.room, `peer ${flags.id}`, notice);
    if (!outcome.ok) {
      terminal.complain(outcome.message);
      await peer.close();
      return EXIT.failed;
    }
    bridge = outcome.bridge;
  }
  line = openCommandLine('Please enter your command: ');
  notice(
    `Peer ${flags.id} listens on ${flags.host}:${peer.port}; its neighbours: ${describeNeighbours(config)}.`,
  );
  const left = new Promise<void>((leave) =>
    line!.start((text) => runCommand(text, peer, line!, leave), leave),
  );
  await Promise.race([left, untilAborted(interrupts.signal)]);
  line.close();
  await bridge?.close();
  await peer.close();
  log?.write(`peer ${flags.id} ends`);
  await log?.close();
  interrupts.release();
  return EXIT.ok;
}

function runCommand(text: string, peer: RunningPeer, line: CommandLine, leave: () => void): void {
  const command = readCommand(text);
  switch (command.kind) {
    case 'transaction':
      if (peer.submit(command.text)) line.answer(REPLY.accepted);
      else reject('too much waits for a block already, or the chain is full');
      return;
    case 'rejected':
      reject(command.reason);
      return;
    case 'print-blockchain':
      line.answer(line.isTerminal ? describeChain(peer.machine) : peer.print());
      return;
    case 'close-connection':
      leave();
      return;
    case 'nothing':
      return;
    case 'unknown':
      line.answer(COMMAND_HELP);
      return;
  }

  function reject(reason: string): void {
    line.answer(REPLY.rejected);
    line.tell(`${reason[0]!.toUpperCase()}${reason.slice(1)}.`);
  }
}

async function openConfig(path: string): Promise<ConfigOutcome> {
  try {
    return readConfig(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      ok: false,
      message: `The config file ${path} cannot be read (${code ?? String(error)}).`,
    };
  }
}

function describeNeighbours({ neighbours }: ConfigOutcome & { ok: true }): string {
  if (neighbours.length === 0) return 'none';
  return neighbours.map(({ id, host, port }) => `${id} (${host}:${port})`).join(', ');
}
