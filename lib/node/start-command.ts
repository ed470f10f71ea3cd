/**
 * The command `start`: serves a room and shows its link, and bridges it to UDP miners where asked (R28, R29).
 */
import { availableParallelism } from 'node:os';
import { startSignalingServer, type SignalingServer } from '../../signaling/server.ts';
import { startStunServer, type StunServer } from '../../signaling/stun.ts';
import { blockToJson } from '../chain/codec.ts';
import { hashBlockHex } from '../chain/block.ts';
import { SIGNAL_PATH } from '../drivers/signaling/wire.ts';
import { writeUdpAddress } from '../drivers/udp/address.ts';
import { openUdpSocket, type UdpSocket } from '../drivers/udp/socket.ts';
import { defaultThreads } from '../drivers/workers/mining-pool.ts';
import { BLOCK_REWARD, encodeGenesisData } from '../ledger/genesis.ts';
import { DATA_LIMITS_BYTES } from '../ledger/payload.ts';
import {
  DEFAULT_MIN_SPACING_MS,
  DEFAULT_SPACING_MS,
  writeRoomFragment,
  type RoomPolicy,
} from '../net/room-link.ts';
import { writeBanner } from './banner.ts';
import { openCertificate, type Certificate } from './certificate.ts';
import { watchForCompany, type CompanyWatch } from './company-watch.ts';
import { searchGenesis } from './genesis-search.ts';
import { catchInterrupts, untilAborted } from './interrupt.ts';
import { listLanAddresses } from './lan-addresses.ts';
import { makeNodeKeys, openNodeSession } from './node-session.ts';
import { openObservers } from './observers.ts';
import { findAppDir } from './package-root.ts';
import {
  hostForSelf,
  isForOthers,
  listHostNames,
  listPageAddresses,
  type PagePlace,
} from './page-place.ts';
import { chooseRoom, type NewRoom } from './room-choice.ts';
import { trustServer } from './server-trust.ts';
import type { StartFlags } from './start-flags.ts';
import {
  chainFolder,
  readState,
  removeChain,
  writeState,
  type RoomSetting,
  type RoomState,
} from './state-folder.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** What runs, to be ended in the reverse order. */
type Closers = (() => Promise<void> | void)[];

/** The command ends with this exit code, after this sentence. */
interface Failure {
  readonly exitCode: number;
  readonly message: string;
}

/** The page's server, where it is, and by which certificate it proves itself. */
interface ServedPage {
  readonly server: SignalingServer;
  readonly place: PagePlace;
  readonly certificate: Certificate | null;
}

/** Runs until Ctrl-C, and returns the exit code. */
export async function runStart(flags: StartFlags, terminal: Terminal): Promise<number> {
  const interrupts = catchInterrupts();
  const closers: Closers = [interrupts.release];
  try {
    const failure = await serve(flags, terminal, interrupts.signal, closers);
    if (failure === null) return EXIT.ok;
    terminal.complain(failure.message);
    return failure.exitCode;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Null after Ctrl-C. */
async function serve(
  flags: StartFlags,
  terminal: Terminal,
  signal: AbortSignal,
  closers: Closers,
): Promise<Failure | null> {
  const stored = await readState(flags.stateDir);
  if (stored.kind === 'damaged' && !flags.fresh) return fail(EXIT.failed, stored.message);
  const before = stored.kind === 'state' ? stored.state : null;
  const choice = chooseRoom(flags, before);
  if (choice.kind === 'contradiction') return fail(EXIT.usage, choice.message);

  // Both ports first: nobody should wait for a genesis block only to hear that one is taken.
  const appDir = findAppDir();
  if (appDir === null) terminal.complain('The page is not built yet: run "npm run build".');
  const company = watchForCompany(terminal);
  closers.push(() => company.close());
  const page = await servePage(flags, appDir, company);
  if (!page.ok) return page.failure;
  const { server } = page.served;
  closers.push(() => server.close());
  const stun = flags.stun ? await startStunServer(flags.host, server.port) : null;
  if (stun !== null) closers.push(() => stun.close());
  else if (flags.stun)
    terminal.complain('STUN cannot be answered on this machine: some links may stay on the relay.');
  const setting = choice.kind === 'resume' ? choice.state.setting : choice.newRoom;
  let socket: UdpSocket | null = null;
  if (setting.kind === 'bridge') {
    const outcome = await openUdpSocket(setting.udp);
    if (!outcome.ok) return fail(EXIT.usage, outcome.message);
    socket = outcome.socket;
    closers.push(() => outcome.socket.close());
  }

  const state =
    choice.kind === 'resume' ? choice.state : await createRoom(choice.newRoom, terminal, signal);
  if (state === 'ended') return null;
  if (state === 'impossible')
    return fail(
      EXIT.failed,
      'The first block cannot be searched on this machine: see the lines above.',
    );
  if (socket !== null) {
    const failure = await bridge(state, socket, page.served, flags, terminal, closers);
    if (failure !== null) return failure;
  }
  // Only now is it certain that this room runs; and nobody has its link before it is kept.
  const kept = await writeState(flags.stateDir, state);
  if (!kept.ok) return fail(EXIT.failed, kept.message);
  if (before !== null && before.keys.account !== state.keys.account)
    await removeChain(flags.stateDir, before);
  show(state, page.served, stun, flags, terminal);
  // Behind a proxy everybody comes from the proxy's address; and on loopback nobody else can.
  if (flags.publicUrl === null && isForOthers(flags.host)) company.begin();
  await untilAborted(signal);
  return null;
}

/** Opens the port of the page, with a certificate where https was asked for. */
async function servePage(
  flags: StartFlags,
  appDir: string | null,
  company: CompanyWatch,
): Promise<
  | { readonly ok: true; readonly served: ServedPage }
  | { readonly ok: false; readonly failure: Failure }
> {
  const { host, port, https, publicUrl, stateDir } = flags;
  const lanAddresses = listLanAddresses();
  let certificate: Certificate | null = null;
  if (https !== null) {
    const names = listHostNames({ host, lanAddresses });
    const outcome = await openCertificate(https, stateDir, names);
    if (outcome.kind !== 'certificate') {
      const exitCode = outcome.kind === 'wrong' ? EXIT.usage : EXIT.failed;
      return { ok: false, failure: fail(exitCode, outcome.message) };
    }
    certificate = outcome.certificate;
  }
  const listening = await startSignalingServer({
    ...{ host, port, appDir },
    onConnection: company.connected,
    ...(certificate !== null && { tls: certificate }),
    ...(publicUrl !== null && { allowedOrigins: [new URL(publicUrl).origin] }),
  });
  if (!listening.ok) return { ok: false, failure: fail(EXIT.usage, listening.message) };
  const { server } = listening;
  const scheme = certificate === null ? 'http' : 'https';
  const place = { scheme, host, port: server.port, lanAddresses, publicUrl } as const;
  return { ok: true, served: { server, place, certificate } };
}

/** The key of the new room and, where no UDP miner brings it, its genesis block; or why there is none. */
async function createRoom(
  newRoom: NewRoom,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<RoomState | 'ended' | 'impossible'> {
  const keys = makeNodeKeys();
  const { room } = newRoom;
  if (newRoom.kind === 'bridge') return { room, keys, setting: newRoom };
  const { target, spacingMs } = newRoom;
  terminal.print(`Searching the first block of room ${room} …`);
  const outcome = await searchGenesis({
    data: encodeGenesisData({
      room,
      rules: 'class',
      target,
      spacingMs,
      reward: BLOCK_REWARD,
      timeMs: Date.now(),
    }),
    target,
    threads: defaultThreads(availableParallelism()),
    signal,
    warn: (message) => terminal.complain(message),
  });
  if (outcome.kind !== 'found') return outcome.kind;
  return { room, keys, setting: { kind: 'class', target, spacingMs, genesis: outcome.block } };
}

/** Runs the peer that carries blocks between the room and the UDP miners, and signs the genesis that they run. */
async function bridge(
  { room, keys, setting }: RoomState,
  socket: UdpSocket,
  { place, certificate }: ServedPage,
  flags: StartFlags,
  terminal: Terminal,
  closers: Closers,
): Promise<Failure | null> {
  if (setting.kind !== 'bridge') throw new Error('only a bridged room has a bridge');
  const opened = await openObservers(keys.account, flags, terminal);
  if (!opened.ok) return fail(EXIT.failed, opened.message);
  const { observers } = opened;
  closers.push(() => observers.close());
  const outcome = await openNodeSession({
    keys,
    name: 'bridge',
    room,
    genesis: { kind: 'endorsed', bridge: keys.account },
    udpRoot: flags.udpRoot,
    target: setting.target,
    spacingMs: DEFAULT_SPACING_MS,
    minSpacingMs: setting.minSpacingMs,
    dataLimitBytes: setting.dataLimitBytes,
    mines: flags.mine,
    threads: flags.threads,
    field: flags.field,
    signalUrl: `${place.scheme === 'https' ? 'wss' : 'ws'}://${hostForSelf(place.host)}:${place.port}${SIGNAL_PATH}`,
    trust: trustServer(certificate?.fingerprint ?? null),
    iceServers: flags.iceServers,
    udp: { socket, peers: setting.miners.map(({ host, port }) => ({ name: host, port })) },
    chainDir: chainFolder(flags.stateDir, { room, keys, setting }),
    onEvent: observers.onEvent,
    onWarning: observers.onWarning,
    onStored: observers.onStored,
  });
  if (!outcome.ok) return fail(EXIT.failed, outcome.message);
  closers.push(() => outcome.session.close());
  const status = await observers.showStatus(outcome.session);
  return status.ok ? null : fail(EXIT.usage, status.message);
}

function show(
  state: RoomState,
  { server, place, certificate }: ServedPage,
  stun: StunServer | null,
  flags: StartFlags,
  terminal: Terminal,
): void {
  const { room, keys, setting } = state;
  const fragment = writeRoomFragment(policyOf(room, keys.account, setting));
  const genesis = setting.kind === 'class' ? blockToJson(setting.genesis) : undefined;
  const iceHelp = {
    iceServers: flags.iceServers,
    ...(stun !== null && { stunPort: stun.port }),
  };
  server.offerIce(iceHelp);
  server.registerRoom(room, {
    fragment,
    ...(genesis !== undefined && { genesis }),
    addresses: listPageAddresses(place),
    ...iceHelp,
  });
  terminal.print(
    writeBanner({
      room,
      fragment,
      ...place,
      ownFingerprint: certificate?.isOwn === true ? certificate.fingerprint : null,
      colours: terminal.colours,
      note:
        setting.kind === 'bridge'
          ? `Bridged to the UDP miners ${setting.miners.map(writeUdpAddress).join(', ')}, which bring the first block.`
          : '',
    }),
  );
}

function policyOf(room: string, bridgeId: string, setting: RoomSetting): RoomPolicy {
  const { target } = setting;
  if (setting.kind === 'bridge')
    return {
      room,
      genesis: { kind: 'udp', bridge: bridgeId },
      target,
      spacingMs: DEFAULT_SPACING_MS,
      minSpacingMs: setting.minSpacingMs,
      dataLimitBytes: setting.dataLimitBytes,
    };
  return {
    room,
    genesis: { kind: 'pinned', hash: hashBlockHex(setting.genesis) },
    target,
    spacingMs: setting.spacingMs,
    minSpacingMs: DEFAULT_MIN_SPACING_MS,
    dataLimitBytes: DATA_LIMITS_BYTES.most,
  };
}

function fail(exitCode: number, message: string): Failure {
  return { exitCode, message };
}
