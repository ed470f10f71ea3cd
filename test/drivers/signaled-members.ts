/** Three members of one room who find each other through the real signaling server, by the relay or over WebRTC in Node. */
import wrtc from '@roamhq/wrtc';
import { afterEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import { createRoomTransport } from '../../lib/drivers/room-transport.ts';
import type { TransportEvents } from '../../lib/drivers/transport.ts';
import type { WrtcModule } from '../../lib/drivers/webrtc/link.ts';
import { createWebRtcTransport } from '../../lib/drivers/webrtc/transport.ts';
import type { KeyPair } from '../../lib/ledger/account.ts';
import { startSignalingServer, type SignalingServer } from '../../signaling/server.ts';
import { keysOf } from '../support/peers.ts';
import { makeMember, until, type Member } from './transport-world.ts';

const [lowKeys, thirdKeys, highKeys] = [1, 2, 3]
  .map(keysOf)
  .sort((a, b) => (a.account < b.account ? -1 : 1)) as [KeyPair, KeyPair, KeyPair];
export const [LOW, THIRD, HIGH] = [lowKeys.account, thirdKeys.account, highKeys.account];
export const KEYS = new Map([lowKeys, thirdKeys, highKeys].map((keys) => [keys.account, keys]));
export const ROOM = 'class-1';
export const wrtcModule = wrtc as unknown as WrtcModule;

export async function startServer(port = 0): Promise<SignalingServer> {
  const outcome = await startSignalingServer({ host: '127.0.0.1', port, appDir: null });
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.server;
}

export function joinThrough(
  port: number,
  { dialLimitMs, isDirect = true }: { dialLimitMs?: number; isDirect?: boolean } = {},
) {
  return (nodeId: string, events: TransportEvents) => {
    const transport = createRoomTransport(
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
    transport.prefer!(new Set(KEYS.keys()));
    return transport;
  };
}

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** What the test at hand ends with; the latest first. */
export function atEnd(end: () => Promise<void> | void): void {
  ends.push(end);
}

export async function startServerForTest(port = 0): Promise<SignalingServer> {
  const server = await startServer(port);
  atEnd(() => server.close());
  return server;
}

export async function enter(
  server: SignalingServer,
  nodeId: string,
  options?: { dialLimitMs?: number; isDirect?: boolean },
): Promise<Member> {
  const member = makeMember(nodeId, joinThrough(server.port, options));
  atEnd(() => {
    member.transport.close();
    expect(member.breaches).toEqual([]);
  });
  await until('it is in', () => member.serverStates.at(-1) === 'connected');
  return member;
}

export async function link(a: Member, b: Member): Promise<void> {
  await until('they see each other', () => a.present.includes(b.nodeId));
  a.transport.dial(b.nodeId);
  await until('linked directly', () => isDirect(a, b) && isDirect(b, a));
}

export function isDirect(a: Member, b: Member): boolean {
  return a.linkTo(b.nodeId)?.startsWith('webrtc:') === true;
}

export async function expectTalk(a: Member, b: Member): Promise<void> {
  const [atA, atB] = [a.received.length, b.received.length];
  a.transport.send(a.linkTo(b.nodeId)!, Uint8Array.of(1));
  b.transport.send(b.linkTo(a.nodeId)!, Uint8Array.of(2));
  await until('both heard', () => a.received.length > atA && b.received.length > atB);
}
