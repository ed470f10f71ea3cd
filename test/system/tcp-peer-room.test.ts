import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { genesisSourceOf } from '../../lib/drivers/genesis-source.ts';
import type { RoomSession } from '../../lib/drivers/session.ts';
import { readRoomLink } from '../../lib/net/room-link.ts';
import { makeNodeKeys, openNodeSession, signalUrlOf } from '../../lib/node/node-session.ts';
import { freeTcpPort, startProcess, type Running } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { askOnce, chainOf, PeerNetwork, transactionsOf } from '../support/tcp-peers.ts';

const START_LIMIT_MS = 60_000;
/** Blocks of half a second, a few of them, found by two threads on a busy machine. */
const BRIDGE_LIMIT_MS = 60_000;
const LINK = /(http:\/\/127\.0\.0\.1:\d+\/#\S+)/;
const FAST = ['--heartbeat', '1s', '--poll', '200ms'];

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serveRoom(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tabchain-bridge-'));
  const words = ['start', '--host', '127.0.0.1', '--port', '0', '--state', join(folder, 'state')];
  const args = ['--import', 'tsx', 'lib/node/cli.ts', ...words, '--target', '2**244'];
  const server = startProcess('start', process.execPath, [...args, '--spacing', '500ms']);
  cleanups.push(async () => {
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  });
  return (await server.waitForLine(LINK, START_LIMIT_MS))[1]!;
}

/** Somebody else in the room, who mines. */
async function joinRoom(link: string, name: string): Promise<RoomSession> {
  const result = readRoomLink(link);
  if (!result.ok) throw new Error(result.reason);
  const { room, target, spacingMs, minSpacingMs } = result.policy;
  const outcome = await openNodeSession({
    ...{ room, target, spacingMs, minSpacingMs, name },
    keys: makeNodeKeys(),
    genesis: genesisSourceOf(result.policy),
    mines: true,
    threads: 1,
    field: 'previous',
    signalUrl: signalUrlOf(link),
    udp: null,
    chainDir: null,
  });
  if (!outcome.ok) throw new Error(outcome.message);
  cleanups.push(() => outcome.session.close());
  const record = await (await fetch(new URL(`./rooms/${room}`, link))).json();
  expect(record).toHaveProperty('genesis');
  return outcome.session;
}

function notesOf(session: RoomSession): string[] {
  const { tip } = session.snapshot();
  return session
    .blocksBetween(0, tip?.height ?? 0)
    .filter((view) => view.onBestChain && view.note !== '')
    .map((view) => view.note);
}

describe('a peer with --room', () => {
  it('makes each note a transaction and each transaction a note, once, also when it starts again', async () => {
    const link = await serveRoom();
    const network = await PeerNetwork.open();
    cleanups.push(() => network.close());
    const [a, b] = [await freeTcpPort(), await freeTcpPort()];
    const startBridge = (): Promise<Running> =>
      network.start('A', a, { B: b }, ...FAST, '--room', link);
    const [bridge, other] = await Promise.all([
      startBridge(),
      network.start('B', b, { A: a }, ...FAST),
    ]);
    const session = await joinRoom(link, 'Ada');

    const transactions = async () => transactionsOf(await chainOf(b));
    session.setNote('hello from a tab');
    await waitFor(
      async () =>
        (await transactions()).some((text) => /^tx\|Ada[a-p]\d{4}\|hello from a tab$/.test(text)),
      { timeoutMs: BRIDGE_LIMIT_MS, describe: 'the note is a transaction' },
    );
    other.write("tx Abcd1234 it's from the network\n");
    expect(await askOnce(b, 'tx|Efgh5678|and again')).toBe('Accepted');
    expect(await askOnce(b, 'tx|Efgh5678|and again')).toBe('Accepted');
    const wanted = [
      ...['hello from a tab', "tx|Abcd1234|it's from the network"],
      ...['tx|Efgh5678|and again', 'tx|Efgh5678|and again'],
    ].sort();
    const isEqual = () => JSON.stringify(notesOf(session).sort()) === JSON.stringify(wanted);
    await waitFor(isEqual, {
      timeoutMs: BRIDGE_LIMIT_MS,
      describe: () => `the transactions are notes (seen: ${notesOf(session).join('; ')})`,
    });

    await bridge.stop();
    expect(bridge.ended).toEqual({ code: 0, signal: null });
    await startBridge();
    session.setNote('after the return');
    await waitFor(async () => (await transactions()).length === 5, {
      timeoutMs: BRIDGE_LIMIT_MS,
      describe: 'the bridge works again',
    });
    // A note that was doubled would be in one of the next blocks.
    const height = session.snapshot().tip!.height;
    await waitFor(() => session.snapshot().tip!.height >= height + 4, {
      timeoutMs: BRIDGE_LIMIT_MS,
      describe: 'the room has four more blocks',
    });
    wanted.push('after the return');
    wanted.sort();
    expect(isEqual()).toBe(true);
    expect(await transactions()).toHaveLength(5);
  });
});
