/**
 * How fast a block travels: from the moment a tab follows the block that it found to the moment when the last of the
 * other tabs follows it too, beside the round trip that the tabs measure between them.
 */
import { fileURLToPath } from 'node:url';
import { startSignalingServer, type SignalingServer } from '../../signaling/server.ts';
import { launchBrowser } from '../e2e/harness/browser.ts';
import { memberOfTab, type TabMember } from '../e2e/harness/room.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { quantile, type Bench, type Figure } from './bench.ts';

const TAB_COUNTS = [3, 8];
const BLOCKS = 40;
const SPACING_MS = 500;
const MEASURED_WITHIN_MS = 180_000;
const APP = fileURLToPath(new URL('../../dist/app', import.meta.url));

/** When a page reached each height, in milliseconds of the clock that all pages of this machine share. */
type TipLog = readonly { readonly height: number; readonly atMs: number }[];

const bench: Bench = {
  title: 'from a block found in one tab to every other tab’s tip',
  async run() {
    const outcome = await startSignalingServer({ host: '127.0.0.1', port: 0, appDir: APP });
    if (!outcome.ok) throw new Error(outcome.message);
    const figures: Figure[] = [];
    for (const count of TAB_COUNTS) figures.push(...(await measure(outcome.server, count)));
    await outcome.server.close();
    return figures;
  },
};
export default bench;

async function measure(server: SignalingServer, count: number): Promise<Figure[]> {
  const browser = await launchBrowser();
  try {
    const link = `http://127.0.0.1:${server.port}/#r=bench-${count}&g=new&target=2**238&spacing=${SPACING_MS}`;
    const tabs: TabMember[] = [];
    for (let i = 0; i < count; i++) {
      const tab = await memberOfTab(await browser.openTab(`tab ${i}`, link));
      await tab.setThreads(1);
      // One tab finds all blocks; the others leave the cores to what is measured.
      if (i > 0) await tab.setPaused(true);
      else await tab.setPower(0.2);
      tabs.push(tab);
    }
    const linked = async (tab: TabMember): Promise<boolean> =>
      (await tab.snapshot()).peers.filter(({ delayMs }) => delayMs !== null).length === count - 1;
    await waitFor(async () => (await Promise.all(tabs.map(linked))).every(Boolean), {
      timeoutMs: MEASURED_WITHIN_MS,
      describe: `${count} tabs are linked to each other`,
    });

    for (const { tab } of tabs) await tab.page.evaluate(logTips);
    const [finder, ...others] = tabs;
    await waitFor(async () => (await readLog(finder!)).length > BLOCKS, {
      timeoutMs: MEASURED_WITHIN_MS,
      describe: `${BLOCKS} blocks are found`,
    });
    const found = (await readLog(finder!)).slice(0, BLOCKS);
    const heard = await Promise.all(others.map(readLog));
    // A page that took two blocks at once reached the lower one when it reached the higher one.
    const reachedMs = (log: TipLog, height: number): number =>
      log.find((tip) => tip.height >= height)?.atMs ?? Infinity;
    const delaysMs = found.map(
      ({ height, atMs }) => Math.max(...heard.map((log) => reachedMs(log, height))) - atMs,
    );
    const trips = (await Promise.all(tabs.map((tab) => tab.snapshot()))).flatMap(({ peers }) =>
      peers.map(({ delayMs }) => delayMs ?? NaN),
    );
    const roundTrip = `round trip, median, ${count} tabs`;
    return [
      { name: roundTrip, value: quantile(trips, 0.5), unit: 'ms' },
      ...[0.5, 0.95].map((share) => ({
        name: `block to all ${count} tabs, ${100 * share} %`,
        value: quantile(delaysMs, share),
        unit: 'ms',
        against: roundTrip,
      })),
    ];
  } finally {
    await browser.close();
  }
}

/** Runs in the page. */
function logTips(): void {
  const { session } = window.tabchain!;
  const log: { height: number; atMs: number }[] = [];
  Object.assign(window, { tipLog: log });
  let last = session.snapshot().tip?.height ?? -1;
  session.subscribe(() => {
    const height = session.snapshot().tip?.height ?? -1;
    if (height <= last) return;
    last = height;
    log.push({ height, atMs: performance.timeOrigin + performance.now() });
  });
}

function readLog({ tab }: TabMember): Promise<TipLog> {
  return tab.page.evaluate(() => (window as unknown as { tipLog: TipLog }).tipLog);
}
