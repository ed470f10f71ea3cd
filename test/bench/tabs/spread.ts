/**
 * How long after a tab has found a block it is the tip of every other tab: with one tab mining, with all mining at half
 * power, and while a tab that mines nothing floods the others.
 */
import { LINK_LIMITS } from '../../../lib/net/neighbour-choice.ts';
import { memberOfTab, type TabMember } from '../../e2e/harness/room.ts';
import { waitFor } from '../../e2e/harness/wait.ts';
import { quantile, type Figure } from '../bench.ts';
import { buildScript } from '../browser-script.ts';
import { waitUntilSettled, withAppRoom } from './app-room.ts';
import { withBareRoom } from './bare-room.ts';
import { readMemoryMiB } from './memory.ts';

const FEW_TABS = 8;
/**
 * So many have no screen: a headless browser draws all of them as if each were in sight, and without a graphics card
 * that alone takes more than two cores. Nobody sees more than a few tabs at once.
 */
const MANY_TABS = 32;
const MANY_ROOM = 'r=many&g=new&target=2**238&spacing=1000';
/** So long at most links may take to become direct. */
const DIRECT_WITHIN_MS = 120_000;
const BLOCKS = 40;
const WITHIN_MS = 300_000;
const FLOOD_PER_SECOND = 10_000;
/** As tabs of the app have in the tests: a worker at full power would leave all other tabs one core of two. */
const LONE_POWER = 0.3;
const HALF_POWER = 0.5;

/** Tabs of the app. */
export function measureFewTabs(): Promise<Figure[]> {
  return withAppRoom(async ({ join, world }) => {
    const tabs: TabMember[] = [];
    while (tabs.length < FEW_TABS) tabs.push(await join(`tab ${tabs.length}`));
    const oneMining = await measureOneMining(tabs);
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
    const oneFloods: Figure[] = [
      ...figuresOf(`${nameOf(tabs)}, one floods`, flooded, nameOf(tabs)),
      { name: 'messages of the flood that WebRTC took', value: sent / seconds, unit: 'a second' },
      { name: 'links that the flooder has kept', value: links, unit: 'links' },
    ];
    if (beforeMiB !== null && afterMiB !== null)
      oneFloods.push({
        name: 'memory that the flood took',
        value: afterMiB - beforeMiB,
        unit: 'MiB',
      });
    return [...oneMining, ...oneFloods, ...(await measureAllMining(tabs))];
  });
}

export async function measureManyTabs(): Promise<Figure[]> {
  const notes = await buildScript(new URL('page-notes.ts', import.meta.url));
  return withBareRoom(async ({ openTab }) => {
    const tabs: TabMember[] = [];
    while (tabs.length < MANY_TABS) {
      const tab = await openTab(`tab ${tabs.length}`);
      await tab.page.evaluate(([fragment, limit]) => window.bench.join(fragment, limit), [
        MANY_ROOM,
        LINK_LIMITS.usual,
      ] as const);
      tabs.push(await memberOfTab(tab));
    }
    return [...(await measureOneMining(tabs)), ...(await measureAllMining(tabs))];
  }, notes);
}

const nameOf = (tabs: readonly TabMember[]): string =>
  `${tabs.length} tabs, one mining: found → tip`;

async function measureOneMining(tabs: readonly TabMember[]): Promise<Figure[]> {
  await tabs[0]!.setPower(LONE_POWER);
  await tabs[0]!.setPaused(false);
  const relayed = await waitUntilSettled(tabs, DIRECT_WITHIN_MS);
  return [
    { name: `${tabs.length} tabs: links by the relay, when that began`, value: relayed, unit: '%' },
    ...figuresOf(nameOf(tabs), await measureDelays(tabs)),
  ];
}

async function measureAllMining(tabs: readonly TabMember[]): Promise<Figure[]> {
  for (const tab of tabs) {
    await tab.setPower(HALF_POWER);
    await tab.setPaused(false);
  }
  return figuresOf(`${tabs.length} tabs, all at half: found → tip`, await measureDelays(tabs));
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
