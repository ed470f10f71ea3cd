/**
 * How fast a peer catches up with another, and how fast it rebuilds its chain from a store: first without a transport,
 * both peers in one thread, then tab from tabs over data channels.
 */
import { hashBlock, type Block } from '../../lib/chain/block.ts';
import type { Clocks, PeerInput } from '../../lib/peer/inputs.ts';
import { Peer } from '../../lib/peer/peer.ts';
import { FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { optionsOf, stored } from '../support/peers.ts';
import type { Bench, Figure } from './bench.ts';
import { measureTabs } from './sync-tabs.ts';

const SIZES = [
  { count: 10_000, dataBytes: 1_000 },
  { count: 100_000, dataBytes: 40 },
] as const;
const TICK_MS = 200;
const SYNC_LIMIT_MS = 120_000;

const bench: Bench = {
  title: 'catching up: in one thread without a transport, and from tab to tab',
  async run() {
    const figures: Figure[] = [];
    for (const { count, dataBytes } of SIZES) {
      const blocks = freeBlocks(FREE_GENESIS_HASH, count, 'sync', dataBytes);
      const what = `${count} blocks of ${dataBytes} bytes`;
      const hashing = `${what}: hashed and no more`;
      let startedMs = performance.now();
      for (const block of blocks) hashBlock(block);
      figures.push({ name: hashing, value: performance.now() - startedMs, unit: 'ms' });
      const rich = new Peer(optionsOf(1));
      startedMs = performance.now();
      rich.step({ kind: 'restored', stored: stored(blocks) }, readClocks());
      figures.push({
        name: `${what}: rebuilt from the store`,
        value: performance.now() - startedMs,
        unit: 'ms',
        against: hashing,
      });
      const { elapsedMs, poorMs, longestStepMs } = await catchUp(rich, blocks);
      figures.push(
        { name: `${what}: caught up`, value: elapsedMs, unit: 'ms', against: hashing },
        { name: `${what}: work of the poor peer`, value: poorMs, unit: 'ms', against: hashing },
        { name: `${what}: longest step of a peer`, value: longestStepMs, unit: 'ms' },
      );
    }
    return [...figures, ...(await measureTabs())];
  },
};
export default bench;

async function catchUp(
  rich: Peer,
  blocks: readonly Block[],
): Promise<{ elapsedMs: number; poorMs: number; longestStepMs: number }> {
  const poor = new Peer(optionsOf(2));
  const queue: { readonly to: Peer; readonly input: PeerInput }[] = [];
  let longestStepMs = 0;
  let poorMs = 0;
  const step = (peer: Peer, input: PeerInput): void => {
    const startedMs = performance.now();
    const outputs = peer.step(input, readClocks());
    const stepMs = performance.now() - startedMs;
    longestStepMs = Math.max(longestStepMs, stepMs);
    if (peer === poor) poorMs += stepMs;
    for (const output of outputs)
      if (output.kind === 'send') {
        const { bytes } = output;
        const to = peer === rich ? poor : rich;
        queue.push({ to, input: { kind: 'received', linkId: 'link', bytes } });
      } else if (output.kind === 'resume') queue.push({ to: peer, input: { kind: 'resume' } });
  };
  step(poor, { kind: 'restored', stored: null });
  const startedMs = performance.now();
  for (const peer of [rich, poor])
    step(peer, { kind: 'connected', linkId: 'link', linkKind: 'webrtc', nodeId: null });
  let tickedMs = performance.now();
  while ((poor.chain?.tip.height ?? 0) < blocks.length) {
    if (performance.now() - startedMs > SYNC_LIMIT_MS) throw new Error('The peers do not agree.');
    const next = queue.shift();
    if (next !== undefined) step(next.to, next.input);
    else await new Promise((resolve) => setTimeout(resolve, 1));
    if (performance.now() - tickedMs < TICK_MS) continue;
    tickedMs = performance.now();
    for (const peer of [rich, poor]) step(peer, { kind: 'tick' });
  }
  return { elapsedMs: performance.now() - startedMs, poorMs, longestStepMs };
}

function readClocks(): Clocks {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}
