/**
 * How long after a tab has found a block it is the tip of every other tab: with one tab mining, with all mining at half
 * power, and while a tab that mines nothing floods the others.
 */
import type { TabMember } from '../../e2e/harness/room.ts';
import { waitFor } from '../../e2e/harness/wait.ts';
import { quantile, type Figure } from '../bench.ts';
import { waitUntilSettled, withAppRoom } from './app-room.ts';
import { readMemoryMiB } from './memory.ts';

/**
 * Tabs, and how often blocks come: drawing one costs a tab up to 80 ms where there is no graphics card, so that 32 of
 * them on two cores have no time for two a second.
 */
const FEW = { count: 8, spacing: '500ms' } as const;
const MANY = { count: 32, spacing: '4s' } as const;
type Room = typeof FEW | typeof MANY;
/** So long at most links may take to become direct. */
const DIRECT_WITHIN_MS = 120_000;
const BLOCKS = 40;
const WITHIN_MS = 300_000;
const FLOOD_PER_SECOND = 10_000;
const HALF_POWER = 0.5;

export const measureFewTabs = (): Promise<Figure[]> => measureRoom(FEW);
export const measureManyTabs = (): Promise<Figure[]> => measureRoom(MANY);

function measureRoom(room: Room): Promise<Figure[]> {
  const { count, spacing } = room;
  const flags = ['--target', '2**238', '--spacing', spacing];
  return withAppRoom(async ({ join, world }) => {
    const tabs: TabMember[] = [];
    while (tabs.length < count) tabs.push(await join(`tab ${tabs.length}`));
    await tabs[0]!.setPaused(false);
    const relayed = await waitUntilSettled(tabs, DIRECT_WITHIN_MS);
    const oneMining = `${count} tabs, one mining: found → tip`;
    const calm = await measureDelays(tabs);
    const figures: Figure[] = [
      { name: `${count} tabs: links by the relay, when that began`, value: relayed, unit: '%' },
      ...figuresOf(oneMining, calm),
    ];
    if (room === FEW) {
      const flooder = await join('flooder');
      await waitUntilSettled([...tabs, flooder], DIRECT_WITHIN_MS);
      const { browser } = await world.browser();
      const beforeMiB = await readMemoryMiB(browser);
      const { page } = flooder.tab;
      await page.evaluate((rate) => window.notes.flood(rate), FLOOD_PER_SECOND);
      const startedMs = performance.now();
      const flooded = await measureDelays(tabs);
      const sent = await page.evaluate(() => window.notes.flooded - window.notes.held);
      const seconds = (performance.now() - startedMs) / 1000;
      const links = (await flooder.snapshot()).peers.length;
      const afterMiB = await readMemoryMiB(browser);
      await page.close();
      figures.push(
        ...figuresOf(`${oneMining}, one floods`, flooded, oneMining),
        { name: 'messages of the flood that WebRTC took', value: sent / seconds, unit: 'a second' },
        { name: 'links that the flooder has kept', value: links, unit: 'links' },
      );
      if (beforeMiB !== null && afterMiB !== null)
        figures.push({
          name: 'memory that the flood took',
          value: afterMiB - beforeMiB,
          unit: 'MiB',
        });
    }
    for (const tab of tabs) {
      await tab.setPower(HALF_POWER);
      await tab.setPaused(false);
    }
    return [
      ...figures,
      ...figuresOf(`${count} tabs, all at half: found → tip`, await measureDelays(tabs)),
    ];
  }, flags);
}

function figuresOf(what: string, delays: readonly number[], against?: string): Figure[] {
  return (['p50', 'p99'] as const).map((name) => ({
    name: `${what}, ${name}`,
    value: quantile(delays, Number(name.slice(1)) / 100),
    unit: 'ms',
    ...(against !== undefined && { against: `${against}, ${name}` }),
  }));
}

/** From each of the next blocks: how much later than its finder each other tab had it on its best chain. */
async function measureDelays(tabs: readonly TabMember[]): Promise<number[]> {
  const [first] = tabs;
  const from = (await first!.snapshot()).tip!.height + 1;
  await waitFor(async () => (await first!.snapshot()).tip!.height >= from + BLOCKS, {
    timeoutMs: WITHIN_MS,
    describe: 'there are enough blocks',
    pollMs: 1_000,
  });
  const chain = await first!.tab.page.evaluate(
    ([low, high]) =>
      window
        .tabchain!.session.blocksBetween(low, high)
        .filter(({ onBestChain }) => onBestChain)
        .map(({ hash }) => hash),
    [from, from + BLOCKS - 1] as const,
  );
  // What was found last has to arrive.
  await waitFor(
    async () =>
      (await Promise.all(tabs.map((tab) => tab.snapshot()))).every(
        ({ tip }) => tip!.height >= from + BLOCKS,
      ),
    { timeoutMs: WITHIN_MS, describe: 'all tabs have them' },
  );
  const notes = await Promise.all(
    tabs.map(({ tab }) => tab.page.evaluate(() => window.notes.heardMs)),
  );
  return chain.flatMap((hash) => {
    const times = notes.map((heardMs) => heardMs[hash]).filter((time) => time !== undefined);
    const foundMs = Math.min(...times);
    // The finder itself is one of them.
    return times
      .map((time) => time - foundMs)
      .sort((a, b) => a - b)
      .slice(1);
  });
}
