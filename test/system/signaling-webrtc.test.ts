/** WebRTC between Node peers, through the real server (R26). */
import { describe, expect, test } from 'vitest';
import type { Transport } from '../../lib/drivers/transport.ts';
import { createWebRtcTransport } from '../../lib/drivers/webrtc/transport.ts';
import { createSignalHub } from '../drivers/signal-hub.ts';
import {
  atEnd,
  enter,
  expectTalk,
  HIGH,
  isDirect,
  joinThrough,
  link,
  LOW,
  startServer,
  startServerForTest,
  THIRD,
  wrtcModule,
} from '../drivers/signaled-members.ts';
import { describeTransport } from '../drivers/transport-contract.ts';
import { makeMember, until, type Member } from '../drivers/transport-world.ts';

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
    const server = await startServer();
    return { join: joinThrough(server.port, { isDirect: false }), close: () => server.close() };
  },
  { low: LOW, high: HIGH, third: THIRD },
);

describe('a link', () => {
  test('is there by the relay at once, and becomes a direct one without a moment without', async () => {
    const server = await startServerForTest();
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
    const server = await startServerForTest();
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
    atEnd(() => member.transport.close());
    await until('it is in', () => member.serverStates.at(-1) === 'connected');
    const newcomer = await enter(server, LOW, { isDirect: false });
    await until('linked', () => member.links.size + newcomer.links.size === 2);
    expect(member.failedDials).toEqual([]);
  });

  test('stays on the relay where WebRTC never connects, and is tried again', async () => {
    const server = await startServerForTest();
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

  test('beyond the first is made directly at once', async () => {
    const server = await startServerForTest();
    const low = await enter(server, LOW);
    await link(low, await enter(server, HIGH));
    const third = await enter(server, THIRD);
    await link(low, third);
    expect(low.disconnected).toHaveLength(1);
    expect(third.disconnected).toEqual([]);
    await expectTalk(low, third);
  });

  test('beyond the first is made by the relay where it cannot be made directly', async () => {
    const server = await startServerForTest();
    const low = await enter(server, LOW, { dialLimitMs: 100 });
    const [high, third] = [
      await enter(server, HIGH, { isDirect: false }),
      await enter(server, THIRD, { isDirect: false }),
    ];
    await until('it sees both', () => low.present.length === 2);
    low.transport.dial(HIGH);
    await until('the first is there', () => low.linkTo(HIGH) !== undefined);
    low.transport.dial(THIRD);
    await until('the second is there', () => low.links.size + third.links.size === 3);
    await expectTalk(low, third);
    expect([low.failedDials, high.disconnected, third.disconnected]).toEqual([[], [], []]);
  });

  test('over the relay ends with the server', async () => {
    const server = await startServerForTest();
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
    const server = await startServerForTest();
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

    const again = await startServerForTest(server.port);
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
      atEnd(() => member.transport.close());
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
