import { describe, expect, it } from 'vitest';
import type { SessionSnapshot } from '../../../lib/drivers/session.ts';
import { readNotices } from '../../../app/state/notices.ts';
import { PEER, SNAPSHOT } from './snapshot-example.ts';

function idsOf(change: Partial<SessionSnapshot>): string[] {
  return readNotices({ ...SNAPSHOT, ...change }, 'pinned').map(({ id }) => id);
}

describe('notices', () => {
  it('are silent while all is well', () => expect(idsOf({})).toEqual([]));

  it('say where the first block comes from', () => {
    const waiting: SessionSnapshot = { ...SNAPSHOT, phase: 'waiting-for-genesis', tip: null };
    expect(readNotices(waiting, 'udp')[0]!.advice).toContain('bridge');
    expect(readNotices(waiting, 'pinned')[0]!.advice).toContain('where it was started');
  });

  it('count the blocks that are still to be fetched', () => {
    const [notice] = readNotices(
      { ...SNAPSHOT, phase: 'syncing', peers: [{ ...PEER, height: 500 }] },
      'pinned',
    );
    expect(notice!.what).toBe('Fetching the chain: 12 of 500 blocks.');
  });

  it('tell a lost server from a lost room', () => {
    const linked = readNotices({ ...SNAPSHOT, server: 'lost' }, 'pinned')[0]!;
    expect(linked.tone).toBe('calm');
    const alone = readNotices({ ...SNAPSHOT, server: 'lost', peers: [] }, 'pinned');
    expect(alone).toHaveLength(1);
    expect(alone[0]!.tone).toBe('trouble');
  });

  it('say by how much a clock is wrong, and in which direction', () => {
    const ahead = { ...SNAPSHOT, clock: { offsetMs: -47_000, wrong: true } };
    expect(readNotices(ahead, 'pinned')[0]!.what).toMatch(/47.s ahead of the room/);
    const behind = { ...SNAPSHOT, clock: { offsetMs: 47_000, wrong: true } };
    expect(readNotices(behind, 'pinned')[0]!.what).toMatch(/47.s behind the room/);
  });

  it('invite company, but not before the server is reached', () => {
    expect(idsOf({ peers: [] })).toEqual(['alone']);
    expect(idsOf({ peers: [], server: 'connecting' })).toEqual([]);
  });

  it('name the usual causes where nobody comes for long', () => {
    const alone = { ...SNAPSHOT, peers: [] };
    const [notice] = readNotices(alone, 'pinned', true);
    expect(notice!.advice).toMatch(/firewall.*Wi-Fi.*hotspot.*hosted server/);
    expect(readNotices(SNAPSHOT, 'pinned', true)).toEqual([]);
    expect(readNotices({ ...alone, server: 'lost' }, 'pinned', true)[0]!.id).toBe('server');
  });

  it('show the newest warnings first, and not all of them', () => {
    const warnings = ['one', 'two', 'three', 'four'];
    expect(idsOf({ warnings })).toEqual(['warning four', 'warning three', 'warning two']);
  });

  it('have ids that differ, since the page lists them by id', () => {
    expect(idsOf({ warnings: ['again', 'other', 'again'] })).toEqual([
      'warning again',
      'warning other',
    ]);
  });
});
