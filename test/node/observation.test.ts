import { describe, expect, it } from 'vitest';
import type { PeerEvent } from '../../lib/peer/inputs.ts';
import { writeJsonLine, writeTextLine } from '../../lib/node/log-lines.ts';
import { writeMetrics } from '../../lib/node/metrics.ts';
import { RefusalFilter, REFUSALS_EVERY_MS } from '../../lib/node/refusal-filter.ts';
import { snapshotExample } from '../support/snapshots.ts';
import { freeChain } from '../support/free-chain.ts';

const refusal = (linkId = 'udp:?') =>
  ({ kind: 'refused', linkId, code: 'bad-json' }) as const satisfies PeerEvent;

describe('the log of refused datagrams', () => {
  it('has one line of a code in ten seconds, which says how many were left out', () => {
    const filter = new RefusalFilter();
    expect(filter.take(refusal(), 0)).toEqual({ refusal: refusal(), omitted: 0 });
    for (let i = 1; i < 1_000; i++) expect(filter.take(refusal(), i)).toBeNull();
    const other = { kind: 'refused', linkId: 'udp:?', code: 'no-work' } as const;
    expect(filter.take(other, 500)).toEqual({ refusal: other, omitted: 0 });
    expect(filter.take(refusal(), REFUSALS_EVERY_MS)?.omitted).toBe(999);
    filter.take(refusal('udp:a:1'), REFUSALS_EVERY_MS + 1);
    filter.take(refusal('udp:b:1'), REFUSALS_EVERY_MS + 2);
    expect([...filter.rest()]).toEqual([{ refusal: refusal('udp:b:1'), omitted: 1 }]);
    expect([...filter.rest()]).toEqual([]);
  });
});

describe('a line of the log', () => {
  const { tip } = freeChain();
  const events: PeerEvent[] = [
    refusal(),
    { kind: 'found', entry: tip },
    { kind: 'tip-changed', tip, reverted: [], connected: [tip] },
    { kind: 'genesis-adopted', entry: tip, pinned: true },
    { kind: 'restored', blocks: 2, dropped: 1 },
    { kind: 'submitted', outcome: null },
    { kind: 'peer-joined', linkId: 'a', nodeId: 'b' },
  ];

  it('as JSON names its time, its node, its kind, and blocks by hash and height', () => {
    for (const event of events) {
      const line = writeJsonLine('ab', { kind: 'event', event }, '2027-01-01T00:00:00.000Z');
      expect(line).not.toContain('\n');
      expect(JSON.parse(line)).toMatchObject({
        time: '2027-01-01T00:00:00.000Z',
        node: 'ab',
        kind: event.kind,
        ...('tip' in event && { hash: tip.hash, height: 0, connected: 1 }),
        ...(event.kind === 'refused' && { link: 'udp:?', code: 'bad-json' }),
      });
    }
    expect(JSON.parse(writeJsonLine('ab', { kind: 'warning', message: 'a\nb' }, ''))).toEqual({
      time: '',
      node: 'ab',
      kind: 'warning',
      message: 'a\nb',
    });
  });

  it('says how many events like it were left out', () => {
    const entry = { kind: 'event', event: refusal(), omitted: 3 } as const;
    expect(JSON.parse(writeJsonLine('ab', entry, ''))).toMatchObject({ omitted: 3 });
    expect(writeTextLine('ab', entry)).toMatch(/bad-json.* And 3 more like it\.$/);
    expect(writeTextLine('ab', { kind: 'starts' })).toBe('node ab starts');
  });
});

describe('the figures for Prometheus', () => {
  const LINE =
    /^(# (HELP|TYPE) tabchain_[a-z_]+ .+|tabchain_[a-z_]+(\{[a-z]+="[^"]*"\})? -?[\d.e+]+)$/;

  it('are lines of its format, each figure with its help and its type before it', () => {
    const text = writeMetrics(snapshotExample);
    const lines = text.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(LINE);
    expect(text.endsWith('\n')).toBe(true);
    expect(lines).toContain('tabchain_height 7');
    expect(lines).toContain('tabchain_refused_total{code="bad-json"} 2');
    expect(lines).toContain('tabchain_peers{kind="udp"} 1');
    expect(lines).toContain('tabchain_udp_peer_height{peer="miner.1:5000"} 7');
    const names = lines
      .filter((line) => line.startsWith('# TYPE'))
      .map((line) => line.split(' ')[2]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('leave out what is not known, and escape what others chose', () => {
    const [peer] = snapshotExample.peers;
    const text = writeMetrics({
      ...snapshotExample,
      tip: null,
      peers: [{ ...peer!, name: 'a"b\\c\nd', trouble: 'restart it' }],
    });
    expect(text).not.toMatch(/^tabchain_height /m);
    expect(text).toContain('tabchain_udp_peer_trouble{peer="a\\"b\\\\c\\nd"} 1');
  });
});
