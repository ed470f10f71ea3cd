/**
 * A room of 32 tabs in one browser that all join at once: how long until every link of the bounded mesh is direct, and
 * what the links hold in memory, beside a full mesh of the same tabs, and beside the same tabs without links.
 */
import type { Page } from 'playwright-core';
import { LINK_LIMITS } from '../../../lib/net/neighbour-choice.ts';
import { roomGraph } from '../../support/graphs.ts';
import type { Figure } from '../bench.ts';
import { withBareRoom } from './bare-room.ts';
import { readMemoryMiB } from './memory.ts';

const TABS = 32;
const FULL_LIMIT = TABS;
/** A mesh that takes longer counts with this: on a busy machine a full one of 496 links may never be done. */
const WITHIN_MS = 60_000;
/** Any hash will do for a block: nothing but the links is to cost anything. */
const POLICY = 'g=new&target=2**255&spacing=86400000';

interface Outcome {
  /** From the call to join until the last link, or {@link WITHIN_MS}. */
  readonly joinedMs: number;
  readonly mostLinks: number;
  readonly memoryMiB: number | null;
}

export async function measureMesh(): Promise<Figure[]> {
  const bounded = await joinAll(LINK_LIMITS.usual);
  const full = await joinAll(FULL_LIMIT);
  const alone = await joinAll(null);
  return describe(bounded, full, alone);
}

function describe(bounded: Outcome, full: Outcome, alone: Outcome): Figure[] {
  const joined = `${TABS} tabs: all linked`;
  const fullJoined = `${joined}, full mesh`;
  const memory = `${TABS} tabs: memory of the links`;
  const fullMemory = `${memory}, full mesh`;
  const figures: Figure[] = [
    { name: fullJoined, value: full.joinedMs, unit: 'ms' },
    { name: joined, value: bounded.joinedMs, unit: 'ms', against: fullJoined },
    { name: `${TABS} tabs: links of a tab, most`, value: bounded.mostLinks, unit: 'links' },
  ];
  if (alone.memoryMiB === null) return figures;
  return [
    ...figures,
    { name: `${TABS} tabs: memory without links`, value: alone.memoryMiB, unit: 'MiB' },
    { name: fullMemory, value: full.memoryMiB! - alone.memoryMiB, unit: 'MiB' },
    {
      name: memory,
      value: bounded.memoryMiB! - alone.memoryMiB,
      unit: 'MiB',
      against: fullMemory,
    },
  ];
}

/** @param linkLimit null: each tab in a room of its own */
function joinAll(linkLimit: number | null): Promise<Outcome> {
  return withBareRoom(async ({ browser, openTab }) => {
    // Pages are loaded before the clock runs.
    const pages: Page[] = [];
    while (pages.length < TABS) pages.push((await openTab(`tab ${pages.length}`)).page);
    const fragmentOf = (index: number): string =>
      `r=${linkLimit === null ? `alone-${index}` : 'mesh'}&${POLICY}`;
    const limit = linkLimit ?? LINK_LIMITS.usual;
    const startedMs = performance.timeOrigin + performance.now();
    const nodeIds = await Promise.all(
      pages.map((page, index) =>
        page.evaluate(([fragment, most]) => window.bench.join(fragment, most), [
          fragmentOf(index),
          limit,
        ] as const),
      ),
    );
    const graph = linkLimit === null ? null : roomGraph(nodeIds, linkLimit);
    const linkedMs = await Promise.all(
      pages.map((page, index) =>
        page.evaluate(([wanted, untilMs]) => window.bench.waitForLinks(wanted, untilMs), [
          [...(graph?.get(nodeIds[index]!) ?? [])],
          startedMs + WITHIN_MS,
        ] as const),
      ),
    );
    const counts = await Promise.all(
      pages.map((page) => page.evaluate(() => window.tabchain!.session.snapshot().peers.length)),
    );
    return {
      joinedMs: Math.max(...linkedMs) - startedMs,
      mostLinks: Math.max(...counts),
      memoryMiB: await readMemoryMiB(browser, pages),
    };
  });
}
