import { describe, expect, test } from 'vitest';
import { createMemoryRoom } from '../../lib/drivers/memory-transport.ts';
import { describeTransport } from './transport-contract.ts';
import { makeMember, until } from './transport-world.ts';

describeTransport('a room in memory', async () => {
  const room = createMemoryRoom();
  return { join: (nodeId, events) => room.join(nodeId, events), close: async () => undefined };
});

describe('a room in memory whose server is away', () => {
  test('keeps its links and its list; dials fail until the server is back', async () => {
    const room = createMemoryRoom();
    const [a, b, c] = ['a', 'b', 'c'].map((digit) =>
      makeMember(digit.repeat(40), (nodeId, events) => room.join(nodeId, events)),
    );
    a!.transport.dial(b!.nodeId);
    await until('linked', () => a!.links.size === 1);
    room.setServerUp(false);
    await until('all know', () => c!.serverStates.at(-1) === 'lost');
    a!.transport.dial(c!.nodeId);
    await until('the dial has failed', () => a!.failedDials.length === 1);
    a!.transport.send(a!.linkTo(b!.nodeId)!, Uint8Array.of(1));
    await until('the link still works', () => b!.received.length === 1);
    expect(a!.present).toHaveLength(2);
    room.setServerUp(true);
    a!.transport.dial(c!.nodeId);
    await until('linked again', () => c!.links.size === 1);
  });
});
