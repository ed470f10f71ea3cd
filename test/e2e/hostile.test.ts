/**
 * What strangers send changes nothing and stops nothing (R9), be they in the room or on the network.
 */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { bytesToHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import { blockToJson, encodeBlock } from '../../lib/chain/codec.ts';
import { KEY_SEED_BYTES, makeKeyPair, type KeyPair } from '../../lib/ledger/account.ts';
import { encodeMessage, PROTOCOL_VERSION } from '../../lib/net/messages.ts';
import { readRoomLink } from '../../lib/net/room-link.ts';
import { mineBlock, mineWithoutWork } from '../support/test-miner.ts';
import { freeTcpPort, freeUdpPort } from './harness/processes.ts';
import {
  joinRoom,
  memberOfStatusPage,
  serveRoom,
  type Member,
  type Status,
  type TabMember,
} from './harness/room.ts';
import { joinAsStranger, randomHex, type Stranger } from './harness/stranger.ts';
import { mineWholeChain, startUdpMiner, type UdpMiner } from './harness/udp-miner.ts';
import { waitFor } from './harness/wait.ts';
import { test, type World } from './harness/world.ts';

/** About 250 hashes a block, so that orphans with work come by the thousand. */
const TARGET = 1n << 248n;
const SETTLED_WITHIN_MS = 120_000;
/** Several senders with their full share, and far below what was sent. */
const KEPT_ORPHANS_LIMIT = 1_000;

/** Blocks with work whose parents nobody knows. */
const ORPHANS: readonly Uint8Array[] = Array.from({ length: 10_000 }, (_, i) =>
  encodeBlock(mineBlock(writeUtf8(`orphan ${i}`), randomHex(64), TARGET)),
);

interface Scene {
  readonly chain: readonly Block[];
  readonly miner: UdpMiner;
  readonly tab: TabMember;
  readonly other: TabMember;
  readonly bridge: Member & { status(): Promise<Status> };
  readonly stranger: Stranger;
  readonly strangerKeys: KeyPair;
  readonly room: string;
}

test('a hostile tab changes nothing and stops nothing', async ({ world }) => {
  const scene = await setScene(world);
  const { tab, bridge, stranger } = scene;
  for (const victim of [tab.nodeId, (await bridge.status()).nodeId]) {
    // Each on a channel of its own, because the first one may well be hung up on.
    for (const payload of malformedPayloads(scene)) {
      await stranger.send(victim, [payload]);
      await stranger.send(victim, [hello(scene), payload]);
    }
    await stranger.send(victim, [hello(scene), ...ORPHANS]);
  }
  await expectUnharmed(scene);
});

test('hostile datagrams change nothing and stop nothing', async ({ world }) => {
  const scene = await setScene(world);
  const { miner, bridge } = scene;
  for (const payload of malformedPayloads(scene))
    if (payload.length < 65_000) await miner.send(Buffer.from(payload));
  await miner.send(new Uint8Array());
  await miner.send(randomBytes(65_507));
  let sent = 0;
  for (const orphan of ORPHANS) {
    await miner.send(orphan);
    // Now and then it is let read: else most would be lost on the way to it.
    if (++sent % 500 === 0) await bridge.status();
  }
  await expectUnharmed(scene);
});

/** A bridged room of two idle tabs with a few blocks, and a stranger who is about to misbehave. */
async function setScene(world: World): Promise<Scene> {
  const udp = `127.0.0.1:${await freeUdpPort()}`;
  const status = `127.0.0.1:${await freeTcpPort()}`;
  const miner = await startUdpMiner(world, udp);
  const served = await serveRoom(world, {
    flags: [...['--udp', udp, '--miners', miner.address, '--target', '2**248', '--status', status]],
  });
  const bridge = await memberOfStatusPage('bridge', `http://${status}`);
  const [tab, other] = [
    await joinRoom(world, 'tab 1', served.link),
    await joinRoom(world, 'tab 2', served.link),
  ];
  // Before there is a genesis block: at this target a tab finds thousands of blocks a second.
  for (const one of [tab, other]) await one.setPaused(true);
  const chain = mineWholeChain(5, TARGET);
  await miner.sendChain(chain, async () => (await bridge.status()).height);
  const link = readRoomLink(served.link);
  if (!link.ok) throw new Error(link.reason);
  const { room } = link.policy;
  const strangerKeys = makeKeyPair(randomBytes(KEY_SEED_BYTES));
  const stranger = await joinAsStranger(world, {
    port: served.port,
    room,
    keys: strangerKeys,
  });
  const scene = { chain, miner, tab, other, bridge, stranger, strangerKeys, room };
  await waitForTip(scene, chain.at(-1)!);
  return scene;
}

/** Everyone is where it was, keeps little, and takes the next honest block at once. */
async function expectUnharmed(scene: Scene): Promise<void> {
  const { chain, miner, tab, bridge } = scene;
  await waitForTip(scene, chain.at(-1)!);
  for (const member of [tab, scene.other]) {
    const { blocks } = await member.snapshot();
    expect(blocks.kept).toBe(chain.length);
    expect(blocks.orphans).toBeLessThan(KEPT_ORPHANS_LIMIT);
  }
  expect((await bridge.status()).orphans).toBeLessThan(KEPT_ORPHANS_LIMIT);

  const next = mineBlock(writeUtf8('an honest block'), hashBlockHex(chain.at(-1)!), TARGET);
  await miner.sendChain([...chain, next], async () => (await bridge.status()).height);
  await waitForTip(scene, next);
  await tab.setPaused(false);
  await waitFor(async () => ((await tab.snapshot()).tip?.height ?? 0) > chain.length, {
    timeoutMs: SETTLED_WITHIN_MS,
    describe: 'the tab mines on',
  });
}

async function waitForTip({ tab, other, bridge }: Scene, tip: Block): Promise<void> {
  const hash = hashBlockHex(tip);
  for (const member of [tab, other, bridge])
    await waitFor(async () => (await member.tip()) === hash, {
      timeoutMs: SETTLED_WITHIN_MS,
      describe: `${member.name} has the tip ${hash}`,
    });
}

function malformedPayloads({ chain }: Scene): (Uint8Array | string)[] {
  const [genesis] = chain;
  const tip = chain.at(-1)!;
  const good = blockToJson(tip);
  const json = (value: unknown): Uint8Array => writeUtf8(JSON.stringify(value));
  return [
    writeUtf8('{"data": '),
    json(null),
    json([]),
    json(7),
    json({}),
    json({ ...good, previous: good.previous!.slice(2) }),
    json({ ...good, p_o_w: '00' }),
    json({ ...good, data: Buffer.alloc(4097).toString('base64') }),
    json({ ...good, data: '****' }),
    json({ type: 'chain', id: 1, blocks: [good, { ...good, p_o_w: 1 }], more: true }),
    json({ type: 'get', hashes: Array<string>(10_000).fill('0'.repeat(64)) }),
    json({ type: 'no such message' }),
    new Uint8Array([0xff, 0xfe, 0xfd]),
    new Uint8Array(0),
    'a text frame',
    new Uint8Array(1_000_000).fill(0x20),
    encodeBlock(mineWithoutWork(writeUtf8('no work'), hashBlockHex(tip), TARGET)),
    encodeBlock({ ...genesis!, data: writeUtf8('another genesis') }),
  ];
}

function hello({ strangerKeys, room, chain }: Scene): Uint8Array {
  return encodeMessage({
    type: 'hello',
    version: PROTOCOL_VERSION,
    room,
    publicKey: bytesToHex(strangerKeys.publicKey),
    name: 'stranger',
    agent: 'tab',
    status: {
      genesis: hashBlockHex(chain[0]!),
      endorsement: null,
      tip: randomHex(64),
      height: 1_000_000,
      work: 1n << 250n,
    },
  });
}
