import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../../lib/net/messages.ts';
import { GossipWatch } from '../../lib/sim/gossip-watch.ts';

const HASH = 'ab'.repeat(32);
const LINK = 'webrtc:neighbour:1';
const announcement = encodeMessage({ type: 'inventory', hashes: [HASH] });
const question = encodeMessage({ type: 'get', hashes: [HASH] });

describe('the watch over gossip', () => {
  it('finds a hash that is told twice', () => {
    const watch = new GossipWatch();
    expect(watch.sends(0, LINK, announcement)).toBeNull();
    expect(watch.sends(0, LINK, announcement)).toContain('twice');
  });

  it('finds a hash that is told to a neighbour who told of it', () => {
    const watch = new GossipWatch();
    watch.hears(0, LINK, announcement, 0);
    expect(watch.sends(0, LINK, announcement)).toContain('twice');
  });

  it('bears that a neighbour is told what it said in a flood that nobody read', () => {
    const watch = new GossipWatch();
    watch.hears(0, LINK, question, 0);
    watch.hears(0, LINK, announcement, 1);
    expect(watch.sends(0, LINK, announcement)).toBeNull();
    watch.hears(0, LINK, announcement, 1);
    expect(watch.sends(0, LINK, announcement)).toContain('twice');
  });

  it('keeps links and owners apart, and forgets links that end', () => {
    const watch = new GossipWatch();
    expect(watch.sends(0, LINK, announcement)).toBeNull();
    expect(watch.sends(1, LINK, announcement)).toBeNull();
    expect(watch.sends(0, 'webrtc:other:2', announcement)).toBeNull();
    watch.forgets(0, LINK);
    expect(watch.sends(0, LINK, announcement)).toBeNull();
  });
});
