/**
 * The command `miner`: mines and listens at once, speaks UDP with other miners, and bridges a room to them (R6, R29).
 */
import { hostname } from 'node:os';
import { HOMEWORK_TARGET } from '../chain/target.ts';
import { genesisSourceOf } from '../drivers/genesis-source.ts';
import type { RoomSession } from '../drivers/session.ts';
import { writeUdpAddress } from '../drivers/udp/address.ts';
import { openUdpSocket, type UdpSocket } from '../drivers/udp/socket.ts';
import type { PeerOptions } from '../peer/peer.ts';
import { DATA_LIMITS_BYTES } from '../ledger/payload.ts';
import { NAME_LIMIT_CHARS } from '../ledger/text.ts';
import { DEFAULT_SPACING_MS } from '../net/room-link.ts';
import { catchInterrupts, untilAborted } from './interrupt.ts';
import type { MinerFlags } from './miner-flags.ts';
import { openMinerStore } from './miner-store.ts';
import { makeNodeKeys, openNodeSession, signalUrlOf } from './node-session.ts';
import { openObservers } from './observers.ts';
import { reachRoomServer } from './room-server.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { printTrees } from './tree-printer.ts';

/** Runs until Ctrl-C, and returns the exit code. */
export async function runMiner(flags: MinerFlags, terminal: Terminal): Promise<number> {
  const interrupts = catchInterrupts();
  const store = flags.storeDir === null ? null : await openMinerStore(flags.storeDir);
  if (store?.ok === false) {
    terminal.complain(store.message);
    return EXIT.failed;
  }
  const keys = store?.keys ?? makeNodeKeys();
  let socket: UdpSocket | null = null;
  if (flags.udp !== null) {
    const outcome = await openUdpSocket(flags.udp);
    if (!outcome.ok) {
      terminal.complain(outcome.message);
      return EXIT.usage;
    }
    socket = outcome.socket;
  }
  const opened = await openObservers(keys.account, flags, terminal);
  if (!opened.ok) {
    terminal.complain(opened.message);
    return EXIT.failed;
  }
  const { observers } = opened;
  const reached = flags.room === null ? null : await reachRoomServer(flags.room);
  if (reached?.ok === false) {
    terminal.complain(reached.message);
    return EXIT.failed;
  }
  const outcome = await openNodeSession({
    ...chainOptions(flags),
    keys,
    name: flags.name ?? [...hostname()].slice(0, NAME_LIMIT_CHARS).join(''),
    mines: flags.mine,
    threads: flags.threads,
    power: flags.power,
    field: flags.field,
    signalUrl: flags.room === null ? null : signalUrlOf(flags.room.link),
    ...(reached !== null && { trust: reached.trust, iceServers: reached.hints.iceServers }),
    udp:
      socket === null
        ? null
        : { socket, peers: flags.others.map(({ host, port }) => ({ name: host, port })) },
    chainDir: store?.chainDir ?? null,
    onEvent: observers.onEvent,
    onWarning: observers.onWarning,
    onStored: observers.onStored,
  });
  if (!outcome.ok) {
    terminal.complain(outcome.message);
    return EXIT.failed;
  }
  const { session } = outcome;
  const status = await observers.showStatus(session);
  if (!status.ok) {
    terminal.complain(status.message);
    await session.close();
    return EXIT.usage;
  }
  const printsLog = flags.logJson && flags.logDir === null;
  // Where the output is the log, nothing else stands there.
  const tell = printsLog ? terminal.complain : terminal.print;
  if (flags.udp !== null) tell(`Listening on UDP ${writeUdpAddress(socket!.local)}`);
  if (flags.room !== null) {
    tell(`Joining room ${flags.room.policy.room}`);
    const genesis = reached?.hints.genesis ?? null;
    if (genesis !== null) session.offerGenesis(genesis);
  }
  const stopPrinting = printsLog
    ? () => undefined
    : printTrees(session, (text) => terminal.print(text));
  const refusal = await Promise.race([
    untilAborted(interrupts.signal).then(() => null),
    flags.udp === null ? new Promise<never>(() => {}) : untilUnfitForUdp(session),
  ]);
  stopPrinting();
  if (refusal !== null) terminal.complain(refusal);
  await session.close();
  await observers.close();
  interrupts.release();
  return refusal === null ? EXIT.ok : EXIT.usage;
}

/** Which chain to follow: that of the room, or that of the UDP miners. */
function chainOptions(
  flags: MinerFlags,
): Pick<
  PeerOptions,
  'room' | 'genesis' | 'udpRoot' | 'target' | 'spacingMs' | 'minSpacingMs' | 'dataLimitBytes'
> {
  const dataLimitBytes = flags.dataLimitBytes ?? DATA_LIMITS_BYTES.most;
  if (flags.room !== null) {
    const { policy } = flags.room;
    const { room, target, spacingMs, minSpacingMs } = policy;
    return {
      ...{ room, target, spacingMs, minSpacingMs },
      genesis: genesisSourceOf(policy),
      dataLimitBytes: Math.min(dataLimitBytes, policy.dataLimitBytes),
    };
  }
  return {
    room: '',
    genesis: { kind: flags.genesis ? 'made' : 'heard' },
    udpRoot: flags.udpRoot,
    target: flags.target ?? HOMEWORK_TARGET,
    spacingMs: DEFAULT_SPACING_MS,
    minSpacingMs: 0,
    dataLimitBytes,
  };
}

/** Resolves with a sentence once the room turns out to have rules that no UDP miner keeps. */
function untilUnfitForUdp(session: RoomSession): Promise<string> {
  return new Promise((resolve) => {
    const look = () => {
      if (session.snapshot().room.rules !== 'class') return;
      resolve(
        'This room changes its target as it goes, which UDP miners cannot follow: serve a room for them with start --udp and --miners, or leave the addresses out.',
      );
    };
    session.subscribe(look);
    look();
  });
}
