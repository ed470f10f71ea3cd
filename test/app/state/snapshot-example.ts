/**
 * A snapshot of a tab that is well, which tests bend to their case.
 */
import { DatagramRouter } from '../../../lib/net/datagrams.ts';
import type { SessionSnapshot } from '../../../lib/drivers/session.ts';
import type { PeerView } from '../../../lib/peer/snapshot.ts';

export const PEER: PeerView = {
  linkId: 'link',
  nodeId: 'ab'.repeat(20),
  name: 'Ada',
  kind: 'webrtc',
  agent: 'tab',
  delayMs: 4,
  height: 12,
  clockOffsetMs: 0,
  trouble: null,
};

export const SNAPSHOT: SessionSnapshot = {
  phase: 'ready',
  self: { nodeId: 'cd'.repeat(20), name: 'Me' },
  room: {
    code: 'aula-7',
    rules: 'class',
    genesis: '00'.repeat(32),
    pinned: true,
    target: '000001'.padEnd(64, '0'),
    spacingMs: 10_000,
    minSpacingMs: 1_000,
  },
  tip: { hash: '11'.repeat(32), height: 12, work: '1000', heardMs: 0 },
  meanSpacingMs: null,
  mining: {
    active: true,
    paused: false,
    power: 1,
    budgetDuty: 1,
    found: 0,
    onChain: 0,
    note: '',
  },
  peers: [PEER],
  leaderboard: [],
  wallet: null,
  payments: [],
  blocks: { kept: 13, orphans: 0 },
  refused: {},
  overlay: new DatagramRouter('a'.repeat(40)).counts,
  clock: { offsetMs: 0, wrong: false },
  server: 'connected',
  threads: 2,
  processorShare: 1,
  rates: {
    totalHashesPerSecond: 1_000_000,
    perWorkerHashesPerSecond: [500_000, 500_000],
    hashes: 0,
    kernel: 'js',
  },
  rateHistory: [],
  warnings: [],
  graphics: false,
  storedHeight: null,
};
