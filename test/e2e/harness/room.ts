/**
 * The members of a room under test: the command that serves it, tabs, and reference miners; and what chain each has.
 */
import { decodeBlock } from '../../../lib/chain/codec.ts';
import { hashBlockHex, type Block } from '../../../lib/chain/block.ts';
import { bytesToHex } from '../../../lib/chain/bytes.ts';
import type { SessionSnapshot } from '../../../lib/drivers/session.ts';
import { readPayload } from '../../../lib/ledger/payload.ts';
import { join } from 'node:path';
import type { Profile, Tab } from './browser.ts';
import { freeTcpPort, pythonPath, ROOT, type Running } from './processes.ts';
import { waitFor } from './wait.ts';
import type { World } from './world.ts';

/** A first start mines a genesis block; two cores under load need this long at the worst. */
const START_TIMEOUT_MS = 120_000;
const OPEN_TIMEOUT_MS = 120_000;
/** Tabs at full power would take both cores of a small machine from the pages, servers and processes under test. */
export const POWER = 0.3;

/** One block as any member shows it. */
export interface SeenBlock {
  readonly hash: string;
  readonly previousHash: string;
  /** The account that its data names. */
  readonly account: string | null;
}

/** Whoever follows a chain. */
export interface Member {
  readonly name: string;
  /** The hash of its tip, or null while it has none. */
  tip(): Promise<string | null>;
  /** All blocks that it can show, in any order; its best chain is among them. */
  blocks(): Promise<readonly SeenBlock[]>;
  /** Whether this block is one that it mined. */
  isOwn(block: SeenBlock): boolean;
}

export interface ServedRoom {
  readonly process: Running;
  /** The room's link on this machine, with its fragment. */
  readonly link: string;
  readonly port: number;
  /** The folder where the room is kept. */
  readonly stateDir: string;
}

/** Serves a room by the command that users run, and waits for its link. */
export async function serveRoom(
  world: World,
  {
    flags = [],
    port,
    stateDir = world.folder(),
  }: { flags?: readonly string[]; port?: number; stateDir?: string } = {},
): Promise<ServedRoom> {
  const chosenPort = port ?? (await freeTcpPort());
  const process = startCommand(world, 'start', [
    ...['start', '--host', '127.0.0.1', '--port', String(chosenPort), '--state', stateDir],
    ...flags,
  ]);
  const [, link = ''] = await process.waitForLine(/On this machine\s+(http\S+)/, START_TIMEOUT_MS);
  return { process, link, port: chosenPort, stateDir };
}

/** Runs the built command line. */
export function startCommand(world: World, name: string, args: readonly string[]): Running {
  return world.start(name, process.execPath, [join(ROOT, 'dist/cli.js'), ...args]);
}

/** A tab in the room, with its session at hand. */
export interface TabMember extends Member {
  readonly tab: Tab;
  readonly nodeId: string;
  snapshot(): Promise<SessionSnapshot>;
  setPower(power: number): Promise<void>;
  setThreads(threads: number): Promise<void>;
  setPaused(paused: boolean): Promise<void>;
}

/** Opens the room's link in a tab, in a profile of its own unless one is given. It mines with part of its power. */
export async function joinRoom(
  world: World,
  name: string,
  link: string,
  profile?: Profile,
): Promise<TabMember> {
  const in_ = profile ?? (await (await world.browser()).openProfile());
  const member = await memberOfTab(await in_.openTab(name, link));
  await member.setPower(POWER);
  return member;
}

/** The member that a tab is, once it has joined. To be asked again after a reload. */
export async function memberOfTab(tab: Tab): Promise<TabMember> {
  const { page } = tab;
  await page.waitForFunction(() => window.tabchain !== undefined, null, {
    timeout: OPEN_TIMEOUT_MS,
  });
  const snapshot = (): Promise<SessionSnapshot> =>
    page.evaluate(() => window.tabchain!.session.snapshot());
  const { nodeId } = (await snapshot()).self;
  return {
    name: tab.name,
    tab,
    nodeId,
    snapshot,
    setPower: (power) => page.evaluate((value) => window.tabchain!.session.setPower(value), power),
    setThreads: (threads) =>
      page.evaluate((value) => window.tabchain!.session.setThreads(value), threads),
    setPaused: (paused) =>
      page.evaluate((value) => window.tabchain!.session.setPaused(value), paused),
    tip: async () => (await snapshot()).tip?.hash ?? null,
    blocks: () =>
      page.evaluate(() =>
        window
          .tabchain!.session.blocksBetween(0, Number.MAX_SAFE_INTEGER)
          .map(({ hash, previousHash, account }) => ({ hash, previousHash, account })),
      ),
    isOwn: (block) => block.account === nodeId,
  };
}

/** The status that the command line answers at `--status`. */
export interface Status {
  readonly height: number | null;
  readonly tip: string | null;
  readonly nodeId: string;
  readonly hashRate: number;
  readonly refusedByCode: Readonly<Record<string, number>>;
  readonly orphans: number;
  readonly peers: readonly { readonly kind: string; readonly name: string }[];
}

/** A command-line miner or bridge with a status page. */
export async function memberOfStatusPage(
  name: string,
  url: string,
): Promise<Member & { status(): Promise<Status> }> {
  const status = async (): Promise<Status> =>
    (await (await fetch(`${url}/status`)).json()) as Status;
  const { nodeId } = await waitFor(status, {
    timeoutMs: START_TIMEOUT_MS,
    describe: `${name} answers at ${url}/status`,
  });
  return {
    name,
    status,
    tip: async () => (await status()).tip,
    blocks: async () => (await fetchChain(url)).map(seenBlock),
    isOwn: (block) => block.account === nodeId,
  };
}

/** The best chain that a status page answers, genesis first. */
export async function fetchChain(url: string): Promise<Block[]> {
  const text = await (await fetch(`${url}/chain`)).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const result = decodeBlock(new TextEncoder().encode(line));
      if (!result.ok) throw new Error(`/chain answered a line that is no block: ${result.code}`);
      return result.block;
    });
}

export function seenBlock(block: Block): SeenBlock {
  return {
    hash: hashBlockHex(block),
    previousHash: bytesToHex(block.previousHash),
    account: readPayload(block.data)?.miner ?? null,
  };
}

/** The homework's reference miner, which knows only the specification. */
export function startPythonMiner(
  world: World,
  name: string,
  options: {
    readonly address: string;
    readonly others: readonly string[];
    /** Whether it mines the first block and broadcasts it, once. */
    readonly genesis?: boolean;
    readonly env: Readonly<Record<string, string>>;
  },
): Member & { readonly process: Running } {
  const { address, others, genesis = false, env } = options;
  const script = join(ROOT, 'test/reference/miner.py');
  const args = [script, address, others.join(','), ...(genesis ? ['genesis'] : [])];
  const process = world.start(name, pythonPath(), args, { env });
  const reports = (): { height: number; hash: string; mine: boolean }[] =>
    process.output
      .filter(({ stream, text }) => stream === 'out' && text.startsWith('{'))
      .map(({ text }) => JSON.parse(text) as { height: number; hash: string; mine: boolean });
  return {
    name,
    process,
    // It takes a longer chain only, so its tip is the first that it saw at the greatest height.
    tip: async () =>
      reports().reduce<{ height: number; hash: string } | null>(
        (best, report) => (best === null || report.height > best.height ? report : best),
        null,
      )?.hash ?? null,
    // It names no parents; what it has, the others have shown.
    blocks: async () => [],
    isOwn: (block) => reports().some(({ hash, mine }) => mine && hash === block.hash),
  };
}
