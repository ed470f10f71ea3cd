import { describe, expect, it } from 'vitest';
import {
  makeRoomNeighbour,
  makeUdpNeighbour,
  MESSAGE_RATE,
  UDP_STRANGERS_LINK,
} from '../../lib/peer/neighbour.ts';
import { NO_STATUS } from '../../lib/net/chain-status.ts';

describe('a neighbour', () => {
  it('of the room is nobody until its hello, whomever we meant to reach', () => {
    const neighbour = makeRoomNeighbour('a', 'relay', 'ab'.repeat(20), 7);
    expect(neighbour).toMatchObject({
      kind: 'room',
      linkId: 'a',
      linkKind: 'relay',
      expectedId: 'ab'.repeat(20),
      nodeId: null,
      name: '',
      status: NO_STATUS,
      dropped: 0,
    });
    expect(neighbour.budget.available(7)).toBe(MESSAGE_RATE.burst);
    expect(neighbour.heartbeat.delayMs).toBeNull();
  });

  it('behind UDP goes by its address, and is sent something only where it is configured', () => {
    const miner = makeUdpNeighbour('udp:10.0.0.7:5000', 0);
    expect(miner).toMatchObject({ kind: 'udp', name: '10.0.0.7:5000', trouble: null });
    expect(miner.miner).not.toBeNull();
    expect(makeUdpNeighbour(UDP_STRANGERS_LINK, 0).miner).toBeNull();
  });
});
