/** What a peer that follows no rule can do to others of its room over WebRTC and the relay (R9, R30). */
import SimplePeer from 'simple-peer';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRelayTransport } from '../../lib/drivers/relay/transport.ts';
import { createSignalingClient } from '../../lib/drivers/signaling/client.ts';
import { dialSignalFromJson } from '../../lib/drivers/webrtc/signal.ts';
import { SignalGuard } from '../../lib/drivers/webrtc/signed-signal.ts';
import { MESSAGE_LIMIT_BYTES } from '../../lib/net/messages.ts';
import type { SignalingServer } from '../../signaling/server.ts';
import {
  atEnd,
  enter,
  expectTalk,
  HIGH,
  KEYS,
  link,
  LOW,
  ROOM,
  startServerForTest,
  THIRD,
  wrtcModule,
} from '../drivers/signaled-members.ts';
import { until } from '../drivers/transport-world.ts';

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
  atEnd(() => {
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
    atEnd(() => void peer.destroy());
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
    const server = await startServerForTest();
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
    const server = await startServerForTest();
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
    const server = await startServerForTest();
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
    const server = await startServerForTest();
    const low = await enter(server, LOW, { dialLimitMs: 300 });
    await enterHostile(server, HIGH, { answersCalls: false });
    low.transport.dial(HIGH);
    await until('the dial has failed', () => low.failedDials.length === 1);
    expect(low.failedDials).toEqual([HIGH]);
  });
});
