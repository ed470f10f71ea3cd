import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRooms, type ClientId, type Delivery } from '../../signaling/rooms.ts';

const NODE_IDS = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40));
const ROOMS = ['red', 'green'];
const NO_LIMITS = { rooms: 100, peersPerRoom: 100 };

const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('join' as const),
      client: fc.nat(7),
      room: fc.constantFrom(...ROOMS),
      nodeId: fc.constantFrom(...NODE_IDS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), client: fc.nat(7) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('signal' as const),
      client: fc.nat(7),
      to: fc.constantFrom(...NODE_IDS),
    }),
  },
);

describe('rooms', () => {
  test('everyone who has joined and not left is listed, and everyone in the room knows it', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const rooms = createRooms(NO_LIMITS);
        const model = new Map<ClientId, { room: string; nodeId: string }>();
        const told = new Map<ClientId, Set<string>>();
        const hear = (deliveries: readonly Delivery[]): void => {
          for (const { to, message } of deliveries) {
            if (message.type === 'welcome') told.set(to, new Set(message.nodeIds));
            if (message.type === 'joined') told.get(to)!.add(message.nodeId);
            if (message.type === 'left') expect(told.get(to)!.delete(message.nodeId)).toBe(true);
          }
        };
        for (const step of actions) {
          if (step.kind === 'join') {
            const outcome = rooms.join(step.client, step.room, step.nodeId);
            if (model.has(step.client)) {
              expect(outcome).toEqual({ kind: 'refused', code: 'bad-order' });
              continue;
            }
            const old = [...model].find(
              ([, one]) => one.room === step.room && one.nodeId === step.nodeId,
            );
            if (outcome.kind !== 'joined') throw new Error('refused without a reason');
            expect(outcome.replaced).toBe(old?.[0] ?? null);
            if (old !== undefined) model.delete(old[0]);
            model.set(step.client, { room: step.room, nodeId: step.nodeId });
            hear(outcome.deliveries);
          } else if (step.kind === 'leave') {
            hear(rooms.leave(step.client));
            model.delete(step.client);
          }
          for (const room of ROOMS) {
            const members = [...model].filter(([, one]) => one.room === room);
            const nodeIds = members.map(([, one]) => one.nodeId).sort();
            expect([...rooms.members(room)].sort()).toEqual(nodeIds);
            for (const [client, { nodeId }] of members)
              expect([...told.get(client)!].sort()).toEqual(
                nodeIds.filter((one) => one !== nodeId),
              );
          }
          expect(rooms.clientCount).toBe(model.size);
          expect(rooms.roomCount).toBe(new Set([...model.values()].map((one) => one.room)).size);
        }
      }),
    );
  });

  test('what is sent finds exactly its addressee, in the sender’s room, under the sender’s name', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const rooms = createRooms(NO_LIMITS);
        const where = new Map<ClientId, { room: string; nodeId: string }>();
        for (const step of actions) {
          if (step.kind === 'join') {
            const outcome = rooms.join(step.client, step.room, step.nodeId);
            if (outcome.kind !== 'joined') continue;
            if (outcome.replaced !== null) where.delete(outcome.replaced);
            where.set(step.client, { room: step.room, nodeId: step.nodeId });
          } else if (step.kind === 'leave') {
            rooms.leave(step.client);
            where.delete(step.client);
          } else {
            const sender = where.get(step.client);
            const addressee = [...where].find(
              ([client, one]) =>
                client !== step.client && one.room === sender?.room && one.nodeId === step.to,
            );
            expect(rooms.route(step.client, step.to)).toEqual(
              sender === undefined
                ? { kind: 'refused', code: 'bad-order' }
                : addressee === undefined
                  ? { kind: 'not-here' }
                  : { kind: 'found', to: addressee[0], from: sender.nodeId },
            );
          }
        }
      }),
    );
  });

  test('a full room lets nobody in but a node that is in it already', () => {
    const rooms = createRooms({ rooms: 1, peersPerRoom: 2 });
    rooms.join(1, 'red', NODE_IDS[0]!);
    rooms.join(2, 'red', NODE_IDS[1]!);
    expect(rooms.join(3, 'red', NODE_IDS[2]!)).toEqual({ kind: 'refused', code: 'room-full' });
    expect(rooms.join(4, 'red', NODE_IDS[1]!)).toMatchObject({ kind: 'joined', replaced: 2 });
    expect(rooms.leave(2)).toEqual([]);
    expect(rooms.members('red')).toEqual([NODE_IDS[0], NODE_IDS[1]]);
  });

  test('no room is opened beyond the limit, and one that empties makes place for another', () => {
    const rooms = createRooms({ rooms: 1, peersPerRoom: 2 });
    rooms.join(1, 'red', NODE_IDS[0]!);
    expect(rooms.join(2, 'green', NODE_IDS[1]!)).toEqual({
      kind: 'refused',
      code: 'too-many-rooms',
    });
    rooms.leave(1);
    expect(rooms.join(2, 'green', NODE_IDS[1]!)).toMatchObject({ kind: 'joined' });
  });
});
