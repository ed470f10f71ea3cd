/** What every transport between peers of a room must do; run by each of them. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Transport, TransportEvents } from '../../lib/drivers/transport.ts';
import { makeMember, until, type Member } from './transport-world.ts';

/** Node ids of the members: the lowest, the highest, and one between. */
export interface MemberIds {
  readonly low: string;
  readonly high: string;
  readonly third: string;
}

const ANY_IDS: MemberIds = { low: '1'.repeat(40), high: 'e'.repeat(40), third: '7'.repeat(40) };
const ABSENT = 'a'.repeat(40);

const MESSAGE_LIMIT_BYTES = 64 * 1024;

export type JoinRoom = (nodeId: string, events: TransportEvents) => Transport;

/** `makeRoom` makes an empty room of its own for each test, and takes it down after. */
export function describeTransport(
  name: string,
  makeRoom: () => Promise<{ join: JoinRoom; close(): Promise<void> }>,
  { low: LOW, high: HIGH, third: THIRD }: MemberIds = ANY_IDS,
): void {
  describe(name, () => {
    let ends: (() => Promise<void> | void)[] = [];
    afterEach(async () => {
      for (const end of ends.reverse()) await end();
      ends = [];
    });

    async function enter(...nodeIds: string[]): Promise<{ members: Member[]; join: JoinRoom }> {
      const room = await makeRoom();
      ends.push(() => room.close());
      const members = nodeIds.map((nodeId) => enterAs(nodeId, room.join));
      for (const member of members)
        await until('everyone sees the others', () => member.present.length === nodeIds.length - 1);
      return { members, join: room.join };
    }

    function enterAs(nodeId: string, join: JoinRoom): Member {
      const member = makeMember(nodeId, join);
      ends.push(() => {
        member.transport.close();
        expect(member.breaches).toEqual([]);
      });
      return member;
    }

    async function link(a: Member, b: Member): Promise<{ ab: string; ba: string }> {
      a.transport.dial(b.nodeId);
      await until('both ends are open', () => a.links.size + b.links.size === 2);
      return { ab: a.linkTo(b.nodeId)!, ba: b.linkTo(a.nodeId)! };
    }

    test('everyone in the room is listed to the others, and who leaves is not', async () => {
      const { members } = await enter(LOW, HIGH, THIRD);
      const [low, high, third] = members as [Member, Member, Member];
      expect(low.present).toEqual([THIRD, HIGH]);
      expect(low.serverStates).toEqual(['connecting', 'connected']);
      third.transport.close();
      await until('the third is gone', () => low.present.length + high.present.length === 2);
      expect(low.present).toEqual([HIGH]);
    });

    test.each([
      ['lower', 0],
      ['higher', 1],
    ])('the node with the %s id dials, and both ends open', async (_name, dialler) => {
      const { members } = await enter(LOW, HIGH);
      await link(members[dialler]!, members[1 - dialler]!);
      for (const member of members) expect(member.failedDials).toEqual([]);
    });

    test('when both dial at once, one link comes of it', async () => {
      const { members } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      low.transport.dial(HIGH);
      const { ab, ba } = await link(high, low);
      high.transport.send(ab, Uint8Array.of(1));
      low.transport.send(ba, Uint8Array.of(2));
      await until('a message each', () => high.received.length + low.received.length === 2);
      expect([high.links.size, low.links.size]).toEqual([1, 1]);
    });

    test('messages of all sizes arrive whole and in order, both ways', async () => {
      const { members } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      const { ab, ba } = await link(low, high);
      const messages = Array.from({ length: 200 }, (_, index) =>
        new Uint8Array(1 + ((index * 331) % 12_000)).fill(index),
      );
      messages[100] = new Uint8Array(MESSAGE_LIMIT_BYTES).fill(100);
      for (const message of messages) {
        for (const [from, linkId] of [
          [low, ab],
          [high, ba],
        ] as const)
          await until('there is room in the queue', () => from.transport.send(linkId, message));
      }
      for (const [to, from] of [
        [low, HIGH],
        [high, LOW],
      ] as const) {
        await until('all have arrived', () => to.received.length === messages.length);
        expect(to.received.every((one) => one.from === from)).toBe(true);
        expect(to.received.map((one) => Buffer.from(one.bytes).toString('base64'))).toEqual(
          messages.map((one) => Buffer.from(one).toString('base64')),
        );
      }
    });

    test('a sender may reuse its buffer at once', async () => {
      const { members } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      const { ab } = await link(low, high);
      const buffer = Uint8Array.of(7, 7);
      low.transport.send(ab, buffer);
      buffer.fill(0);
      await until('it has arrived', () => high.received.length === 1);
      expect([...high.received[0]!.bytes]).toEqual([7, 7]);
    });

    test('a message over the limit, or over a full queue, is refused, and the link stays', async () => {
      const { members } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      const { ab } = await link(low, high);
      expect(low.transport.send(ab, new Uint8Array(MESSAGE_LIMIT_BYTES + 1))).toBe(false);
      const message = new Uint8Array(MESSAGE_LIMIT_BYTES);
      let sent = 0;
      while (low.transport.send(ab, message)) sent += 1;
      expect(sent).toBeGreaterThan(0);
      expect(low.transport.queuedBytes(ab)).toBeGreaterThan(0);
      await until('all has arrived', () => high.received.length === sent);
      await until('the queue is empty', () => low.transport.queuedBytes(ab) === 0);
      expect(low.links.size).toBe(1);
    });

    test('who hangs up, and who is hung up on, are told once; the reason is told with it', async () => {
      const { members } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      const { ab, ba } = await link(low, high);
      low.transport.disconnect(ab, 'bad-block');
      low.transport.disconnect(ab, 'bad-block');
      expect(low.transport.send(ab, Uint8Array.of(1))).toBe(false);
      await until('both are told', () => low.disconnected.length + high.disconnected.length === 2);
      expect([low.disconnected, high.disconnected]).toEqual([[ab], [ba]]);
      expect(high.warnings.join()).toContain('bad-block');
      expect(high.transport.send(ba, Uint8Array.of(1))).toBe(false);
      expect(high.transport.queuedBytes(ba)).toBe(0);

      await link(high, low);
    });

    test('a peer that leaves the room takes its links along', async () => {
      const { members } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      const { ab } = await link(low, high);
      high.transport.close();
      await until('its link is gone', () => low.disconnected.length === 1);
      expect(low.disconnected).toEqual([ab]);
    });

    test('a node that comes back, as a reloaded tab does, has one link, and that one works', async () => {
      const { members, join } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      const { ab } = await link(low, high);
      const again = enterAs(HIGH, join);
      await until('it is back', () => again.present.length === 1);
      again.transport.dial(LOW);
      await until('its new link is open', () => again.links.size === 1 && low.linkTo(HIGH) !== ab);
      await until('the new one alone is left', () => low.links.size === 1);
      low.transport.send(low.linkTo(HIGH)!, Uint8Array.of(5));
      await until('it has arrived', () => again.received.length === 1);
    });

    test('a dial of nobody, of oneself, or of a node that is linked already fails', async () => {
      const { members } = await enter(LOW, HIGH);
      const [low, high] = members as [Member, Member];
      await link(low, high);
      for (const nodeId of [ABSENT, LOW, HIGH]) {
        low.transport.dial(nodeId);
        await until('the dial has failed', () => low.failedDials.at(-1) === nodeId);
      }
      expect(low.links.size).toBe(1);
    });

    test('calls on links that never were change nothing', async () => {
      const { members } = await enter(LOW);
      const [low] = members as [Member];
      expect(low.transport.send('nothing', Uint8Array.of(1))).toBe(false);
      expect(low.transport.queuedBytes('nothing')).toBe(0);
      low.transport.disconnect('nothing', null);
      low.transport.close();
      low.transport.close();
      low.transport.dial(HIGH);
      expect(low.transport.send('nothing', Uint8Array.of(1))).toBe(false);
    });
  });
}
