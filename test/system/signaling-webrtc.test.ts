/** WebRTC between Node peers, through the real server (R26). */
import wrtc from '@roamhq/wrtc';
import SimplePeer from 'simple-peer';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { KeyPair } from '../../lib/ledger/account.ts';
import { createRoomTransport } from '../../lib/drivers/room-transport.ts';
import { createRelayTransport } from '../../lib/drivers/relay/transport.ts';
import { createSignalingClient } from '../../lib/drivers/signaling/client.ts';
import type { Transport, TransportEvents } from '../../lib/drivers/transport.ts';
import type { WrtcModule } from '../../lib/drivers/webrtc/link.ts';
import { dialSignalFromJson } from '../../lib/drivers/webrtc/signal.ts';
import { SignalGuard } from '../../lib/drivers/webrtc/signed-signal.ts';
import { createWebRtcTransport } from '../../lib/drivers/webrtc/transport.ts';
import { startSignalingServer, type SignalingServer } from '../../signaling/server.ts';
import { createSignalHub } from '../drivers/signal-hub.ts';
import { describeTransport } from '../drivers/transport-contract.ts';
import { makeMember, until, type Member } from '../drivers/transport-world.ts';
import { keysOf } from '../support/peers.ts';

const [lowKeys, thirdKeys, highKeys] = [1, 2, 3]
  .map(keysOf)
  .sort((a, b) => (a.account < b.account ? -1 : 1)) as [KeyPair, KeyPair, KeyPair];
const [LOW, THIRD, HIGH] = [lowKeys.account, thirdKeys.account, highKeys.account];
const KEYS = new Map([lowKeys, thirdKeys, highKeys].map((keys) => [keys.account, keys]));
const ROOM = 'class-1';
const MESSAGE_LIMIT_BYTES = 64 * 1024;
const wrtcModule = wrtc as unknown as WrtcModule;

async function start(port = 0): Promise<SignalingServer> {
  const outcome = await startSignalingServer({ host: '127.0.0.1', port, appDir: null });
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.server;
}

function joinThrough(
  port: number,
  { dialLimitMs, isDirect = true }: { dialLimitMs?: number; isDirect?: boolean } = {},
) {
  return (nodeId: string, events: TransportEvents) =>
    createRoomTransport(
      {
        keys: KEYS.get(nodeId)!,
        room: ROOM,
        signalUrl: `ws://127.0.0.1:${port}/signal`,
        WebSocket,
        createDirect: isDirect
          ? (directEvents) =>
              createWebRtcTransport(
                {
                  nodeId,
                  wrtc: wrtcModule,
                  random: Math.random,
                  ...(dialLimitMs !== undefined && { dialLimitMs }),
                },
                directEvents,
              )
          : null,
        random: Math.random,
        readWallMs: Date.now,
        upgradePauseMs: { first: 100, most: 1_000 },
      },
      events,
    );
}

describeTransport('WebRTC in Node', () =>
  Promise.resolve({
    join: createSignalHub((nodeId, events) =>
      createWebRtcTransport({ nodeId, wrtc: wrtcModule, random: Math.random }, events),
    ).join,
    close: () => Promise.resolve(),
  }),
);

describeTransport(
  'the relay of the signaling server',
  async () => {
    const server = await start();
    return { join: joinThrough(server.port, { isDirect: false }), close: () => server.close() };
  },
  { low: LOW, high: HIGH, third: THIRD },
);

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function startForTest(port = 0): Promise<SignalingServer> {
  const server = await start(port);
  ends.push(() => server.close());
  return server;
}

async function enter(
  server: SignalingServer,
  nodeId: string,
  options?: { dialLimitMs?: number; isDirect?: boolean },
): Promise<Member> {
  const member = makeMember(nodeId, joinThrough(server.port, options));
  ends.push(() => {
    member.transport.close();
    expect(member.breaches).toEqual([]);
  });
  await until('it is in', () => member.serverStates.at(-1) === 'connected');
  return member;
}

async function link(a: Member, b: Member): Promise<void> {
  await until('they see each other', () => a.present.includes(b.nodeId));
  a.transport.dial(b.nodeId);
  await until('linked directly', () => isDirect(a, b) && isDirect(b, a));
}

function isDirect(a: Member, b: Member): boolean {
  return a.linkTo(b.nodeId)?.startsWith('webrtc:') === true;
}

async function expectTalk(a: Member, b: Member): Promise<void> {
  const [atA, atB] = [a.received.length, b.received.length];
  a.transport.send(a.linkTo(b.nodeId)!, Uint8Array.of(1));
  b.transport.send(b.linkTo(a.nodeId)!, Uint8Array.of(2));
  await until('both heard', () => a.received.length > atA && b.received.length > atB);
}

describe('a link', () => {
  test('is there by the relay at once, and becomes a direct one without a moment without', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW);
    const high = await enter(server, HIGH);
    await until('they see each other', () => low.present.includes(HIGH));
    low.transport.dial(HIGH);
    await until('it is there', () => low.linkTo(HIGH) !== undefined);
    expect(low.linkTo(HIGH)).toMatch(/^relay:/);
    await until('it is direct', () => isDirect(low, high) && isDirect(high, low));
    expect([low.disconnected.length, high.disconnected.length]).toEqual([1, 1]);
    const { relayedFrames } = server.figures();
    await expectTalk(low, high);
    expect(server.figures().relayedFrames).toBe(relayedFrames);
  });

  test('to a newcomer is made by the first call, at the moment in which the room hears of it', async () => {
    const server = await startForTest();
    const member = makeMember(HIGH, (nodeId, events) => {
      const transport: Transport = joinThrough(server.port, { isDirect: false })(nodeId, {
        ...events,
        present(nodeIds) {
          events.present(nodeIds);
          for (const other of nodeIds) transport.dial(other);
        },
      });
      return transport;
    });
    ends.push(() => member.transport.close());
    await until('it is in', () => member.serverStates.at(-1) === 'connected');
    const newcomer = await enter(server, LOW, { isDirect: false });
    await until('linked', () => member.links.size + newcomer.links.size === 2);
    expect(member.failedDials).toEqual([]);
  });

  test('stays on the relay where WebRTC never connects, and is tried again', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW, { dialLimitMs: 100 });
    const high = await enter(server, HIGH, { isDirect: false });
    await until('they see each other', () => low.present.includes(HIGH));
    low.transport.dial(HIGH);
    await until('linked', () => low.links.size + high.links.size === 2);
    const { signals } = server.figures();
    await until('more offers were made', () => server.figures().signals > signals + 2);
    await expectTalk(low, high);
    expect([low.disconnected, high.disconnected, low.failedDials]).toEqual([[], [], []]);
  });

  test('over the relay ends with the server', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW, { isDirect: false });
    const high = await enter(server, HIGH, { isDirect: false });
    await until('they see each other', () => low.present.includes(HIGH));
    low.transport.dial(HIGH);
    await until('linked', () => low.links.size + high.links.size === 2);
    await server.close();
    await until('both are told', () => low.disconnected.length + high.disconnected.length === 2);
  });
});

describe('while the signaling server is away', () => {
  test('links live on, the list stands, dials fail; after its return new links are made', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW);
    const high = await enter(server, HIGH);
    await link(low, high);
    const links = [...low.links, ...high.links];

    await server.close();
    await until('both noticed', () =>
      [low, high].every((member) => member.serverStates.at(-1) === 'lost'),
    );
    await expectTalk(low, high);
    expect(low.present).toEqual([HIGH]);
    low.transport.dial(THIRD);
    await until('the dial has failed', () => low.failedDials.length === 1);

    const again = await startForTest(server.port);
    await until('both are back', () =>
      [low, high].every((member) => member.serverStates.at(-1) === 'connected'),
    );
    await until('both are listed', () => again.figures().clients === 2);
    expect([...low.links, ...high.links]).toEqual(links);
    await expectTalk(low, high);
    const third = await enter(again, THIRD);
    await link(third, low);
    await link(high, third);
    await expectTalk(third, high);
  });
});

/** A peer that speaks the signaling protocol and simple-peer, but follows no rule of ours. */
async function enterHostile(
  server: SignalingServer,
  nodeId: string,
  { keys = KEYS.get(nodeId)!, answersCalls = true } = {},
) {
  const guard = new SignalGuard({ keys, room: ROOM, readWallMs: Date.now });
  const heard: { from: string; body: string }[] = [];
  let hearMore: (from: string, body: string) => void = () => undefined;
  const client = createSignalingClient(
    {
      url: `ws://127.0.0.1:${server.port}/signal`,
      room: ROOM,
      nodeId,
      WebSocket,
      random: Math.random,
    },
    {
      state: () => undefined,
      present: () => undefined,
      joined: () => undefined,
      undeliverable: () => undefined,
      warn: () => undefined,
      relayed: (from, frame) => relay.hear(from, frame),
      signal(from, body) {
        heard.push({ from, body });
        hearMore(from, body);
      },
    },
  );
  const nothing = () => undefined;
  const relay = createRelayTransport(
    {
      keys,
      room: ROOM,
      post: (to, frame) => answersCalls && client.relay(to, frame),
      queuedBytes: () => 0,
    },
    {
      ...{ connected: nothing, received: nothing, disconnected: nothing, dialFailed: nothing },
      warn: nothing,
    },
  );
  ends.push(() => {
    relay.close();
    client.close();
  });
  await until('it is in', () => client.state === 'connected');

  /** Opens a data channel to a node and hands over its simple-peer. */
  async function connect(to: string): Promise<SimplePeer.Instance> {
    const dial = '00000000000000aa';
    const peer = new SimplePeer({
      initiator: true,
      config: { iceServers: [] },
      wrtc: wrtcModule,
      objectMode: true,
    });
    ends.push(() => void peer.destroy());
    peer.on('error', () => undefined);
    peer.on('signal', (signal) => {
      if (signal.type === 'offer')
        client.signal(to, guard.seal(to, { dial, step: { kind: 'offer', sdp: signal.sdp! } }));
      else if (signal.type === 'candidate')
        client.signal(to, JSON.stringify({ dial, candidate: signal.candidate }));
    });
    hearMore = (_from, body) => {
      const step = dialSignalFromJson(JSON.parse(body) as Record<string, unknown>)?.step;
      if (step?.kind === 'answer') peer.signal({ type: 'answer', sdp: step.sdp });
      if (step?.kind === 'candidate')
        peer.signal({ type: 'candidate', candidate: step.candidate as RTCIceCandidate });
    };
    let isOpen = false;
    peer.on('connect', () => (isOpen = true));
    await until('its channel is open', () => isOpen);
    return peer;
  }
  return { client, guard, heard, connect };
}

describe('a hostile peer', () => {
  test('that sends more than a message may hold loses its link, and no other does', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW);
    const third = await enter(server, THIRD);
    await link(low, third);
    const hostile = await enterHostile(server, HIGH);
    const peer = await hostile.connect(LOW);
    await until('linked', () => low.linkTo(HIGH) !== undefined);
    const frames: unknown[] = [];
    peer.on('data', (frame) => frames.push(frame));
    peer.send(new Uint8Array(MESSAGE_LIMIT_BYTES));
    peer.send(new Uint8Array(MESSAGE_LIMIT_BYTES + 1));
    peer.send(Uint8Array.of(1));
    await until('its link is closed', () => low.linkTo(HIGH) === undefined);
    await until('it hears why', () => frames.length > 0);
    expect(frames).toEqual(['close message-too-large']);
    expect(low.received.map(({ bytes }) => bytes.length)).toEqual([MESSAGE_LIMIT_BYTES]);
    await expectTalk(low, third);
  });

  test('that sends a text, or opens more channels, harms nobody', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW);
    const hostile = await enterHostile(server, HIGH);
    const peer = await hostile.connect(LOW);
    await until('linked', () => low.linkTo(HIGH) !== undefined);
    const { _pc: connection } = peer as unknown as { _pc: RTCPeerConnection };
    const second = connection.createDataChannel('second');
    await until('its second channel is open', () => second.readyState === 'open');
    second.send(new Uint8Array(5));
    peer.send(Uint8Array.of(7));
    await until('the first channel is heard', () => low.received.length === 1);
    expect([...low.received[0]!.bytes]).toEqual([7]);
    peer.send('no message of ours');
    await until('its link is closed', () => low.linkTo(HIGH) === undefined);
  });

  test('that sends garbage for signals harms nobody, and keeps its link over the relay', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW, { dialLimitMs: 500 });
    const third = await enter(server, THIRD);
    const hostile = await enterHostile(server, HIGH);
    const dial = '00000000000000bb';
    low.transport.dial(HIGH);
    const offers = () => hostile.heard.filter(({ body }) => body.includes('"offer"'));
    await until('it hears the offer', () => offers().length > 0);
    const ours = (JSON.parse(offers()[0]!.body) as { dial: string }).dial;
    for (const body of [
      'garbage',
      JSON.stringify({ dial: ours, answer: 'v=garbage' }),
      hostile.guard.seal(LOW, { dial: ours, step: { kind: 'answer', sdp: 'v=garbage' } }),
      JSON.stringify({ dial: ours, candidate: { candidate: 'garbage', sdpMid: '9' } }),
      hostile.guard.seal(LOW, { dial, step: { kind: 'offer', sdp: '' } }),
      JSON.stringify({ dial, candidate: { candidate: '', sdpMid: null, sdpMLineIndex: 3 } }),
      hostile.guard.seal(LOW, {
        dial: 'cccccccccccccccc',
        step: { kind: 'offer', sdp: 'v=0\r\n'.repeat(1000) },
      }),
    ])
      hostile.client.signal(LOW, body);
    await until('it is offered a direct link again', () => offers().length > 1);
    await link(low, third);
    await expectTalk(low, third);
    expect(low.linkTo(HIGH)).toMatch(/^relay:/);
  });

  test('that never answers a dial costs a time-out', async () => {
    const server = await startForTest();
    const low = await enter(server, LOW, { dialLimitMs: 300 });
    await enterHostile(server, HIGH, { answersCalls: false });
    low.transport.dial(HIGH);
    await until('the dial has failed', () => low.failedDials.length === 1);
    expect(low.failedDials).toEqual([HIGH]);
  });
});

describe('a node that reloads while it is dialled', () => {
  test('is dialled anew, by the same dial of the owner', async () => {
    let isPageHung = true;
    let offers = 0;
    const hub = createSignalHub((nodeId, events) => {
      const transport = createWebRtcTransport(
        { nodeId, wrtc: wrtcModule, random: Math.random },
        events,
      );
      if (nodeId === LOW || !isPageHung) return transport;
      return { ...transport, hear: () => void offers++ };
    });
    const enterHub = (nodeId: string): Member => {
      const member = makeMember(nodeId, (id, events) => hub.join(id, events));
      ends.push(() => member.transport.close());
      return member;
    };
    const low = enterHub(LOW);
    enterHub(HIGH);
    await until('they see each other', () => low.present.includes(HIGH));
    low.transport.dial(HIGH);
    await until('the old page hears the offer', () => offers > 0);
    isPageHung = false;
    const again = enterHub(HIGH);
    await until('linked', () => low.linkTo(HIGH) !== undefined);
    await until('both', () => again.linkTo(LOW) !== undefined);
    await expectTalk(low, again);
    expect(low.failedDials).toEqual([]);
  });
});
