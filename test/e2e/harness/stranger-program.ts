/**
 * A WebRTC client that joins a room like a peer and then sends whatever it is told, by lines of JSON on its standard
 * input. A program of its own, because the native WebRTC can die of what a stranger does with it.
 *
 * `{"id", "connect": <node id>}` prints `done <id>` once a data channel is open; `{"id", "channel", "frames"}` sends
 * frames on the channel that was opened under that id, and prints `done <id>` once they are handed over, or the other
 * side has hung up. A frame is base64 of bytes, or `{"text"}`.
 */
import { createInterface } from 'node:readline';
import wrtc from '@roamhq/wrtc';
import SimplePeer from 'simple-peer';
import { WebSocket } from 'ws';
import { createSignalingClient } from '../../../lib/drivers/signaling/client.ts';
import { holdPeerConnection } from '../../../lib/drivers/webrtc/process-hold.ts';
import type { DialStep } from '../../../lib/drivers/webrtc/signal.ts';
import { SignalGuard } from '../../../lib/drivers/webrtc/signed-signal.ts';
import { readHex } from '../../../lib/chain/bytes.ts';
import { keyPairOf } from '../../../lib/ledger/account.ts';
import { waitFor } from './wait.ts';

export type Frame = string | { readonly text: string };

export type Command =
  | { readonly id: number; readonly connect: string }
  | { readonly id: number; readonly channel: number; readonly frames: readonly Frame[] };

const OPEN_TIMEOUT_MS = 90_000;
/** An offer that crosses one of the other side may be dropped by it; then the next one is answered. */
const ANSWER_WITHIN_MS = 10_000;
/** Below this the channel takes more; above it WebRTC would throw. */
const QUEUE_LIMIT_BYTES = 1024 * 1024;

const [port, room = '', secretKey = ''] = process.argv.slice(2);
const keys = keyPairOf(readHex(secretKey)!)!;
const nodeId = keys.account;
// What it sends over its links is hostile; that they open needs an honest signature.
const guard = new SignalGuard({ keys, room, readWallMs: Date.now });
const dials = new Map<string, SimplePeer.Instance>();
const channels = new Map<number, SimplePeer.Instance>();

holdPeerConnection(wrtc);
const signaling = createSignalingClient(
  { url: `ws://127.0.0.1:${port}/signal`, room, nodeId, WebSocket, random: Math.random },
  {
    state(state) {
      if (state === 'connected') console.log('joined');
    },
    present: () => undefined,
    joined: () => undefined,
    undeliverable: () => undefined,
    warn: () => undefined,
    relayed: () => undefined,
    signal(from, body) {
      const opened = guard.open(from, body);
      if (!opened.ok) return;
      const { dial, step } = opened.signal;
      if (step.kind === 'offer') post(from, dial, { kind: 'refuse', code: 'too-many-links' });
      const peer = dials.get(dial);
      if (peer === undefined || peer.destroyed) return;
      if (step.kind === 'answer') peer.signal({ type: 'answer', sdp: step.sdp });
      if (step.kind === 'candidate')
        peer.signal({ type: 'candidate', candidate: step.candidate as RTCIceCandidate });
    },
  },
);

createInterface(process.stdin).on('line', (line) => {
  const command = JSON.parse(line) as Command;
  const work =
    'connect' in command
      ? connect(command.connect).then((peer) => void channels.set(command.id, peer))
      : sendAll(channels.get(command.channel)!, command.frames);
  work.then(
    () => console.log(`done ${command.id}`),
    (error: unknown) => console.log(`failed ${command.id}: ${String(error)}`),
  );
});

async function connect(to: string): Promise<SimplePeer.Instance> {
  let peer = offer(to);
  let offeredMs = performance.now();
  await waitFor(
    () => {
      if (performance.now() - offeredMs > ANSWER_WITHIN_MS && !peer.connected) {
        peer.destroy();
        peer = offer(to);
        offeredMs = performance.now();
      }
      return peer.connected;
    },
    { timeoutMs: OPEN_TIMEOUT_MS, describe: `the stranger has a channel to ${to}`, pollMs: 10 },
  );
  return peer;
}

function offer(to: string): SimplePeer.Instance {
  const dial = Array.from({ length: 16 }, () => Math.floor(16 * Math.random()).toString(16)).join(
    '',
  );
  const peer = new SimplePeer({
    initiator: true,
    wrtc,
    config: { iceServers: [] },
    objectMode: true,
  });
  dials.set(dial, peer);
  peer.on('error', () => undefined);
  peer.on('signal', (data) => {
    if (data.type === 'offer' && data.sdp !== undefined)
      post(to, dial, { kind: 'offer', sdp: data.sdp });
    if (data.type !== 'candidate') return;
    const { candidate, sdpMid, sdpMLineIndex } = data.candidate;
    post(to, dial, { kind: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } });
  });
  return peer;
}

async function sendAll(peer: SimplePeer.Instance, frames: readonly Frame[]): Promise<void> {
  for (const frame of frames) {
    if (peer.bufferSize > QUEUE_LIMIT_BYTES)
      await waitFor(() => peer.destroyed || peer.bufferSize < QUEUE_LIMIT_BYTES, {
        timeoutMs: OPEN_TIMEOUT_MS,
        describe: 'the channel has taken what was queued',
        pollMs: 5,
      });
    // The other side may hang up at any frame, as it should.
    if (peer.destroyed) return;
    try {
      peer.send(typeof frame === 'string' ? Buffer.from(frame, 'base64') : frame.text);
    } catch {
      return;
    }
  }
}

function post(to: string, dial: string, step: DialStep): void {
  signaling.signal(to, guard.seal(to, { dial, step }));
}
