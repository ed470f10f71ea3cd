/**
 * How long a payment takes among three real tabs: from the press of Pay until each of the three has the three signatures,
 * and until each sees it in a block. Goal: no more than 300 ms for the first.
 */
import { openWorld, type World } from '../e2e/harness/open-world.ts';
import { joinRoom, type TabMember } from '../e2e/harness/room.ts';
import { servePage } from '../e2e/harness/stores.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { quantile, type Bench, type Figure } from './bench.ts';

const PAYMENTS = 20;
const WITHIN_MS = 120_000;

/** When a tab first had the three signatures of a payment, and a block with it: Unix time, the clock that tabs share. */
interface Seen {
  readonly committedMs: number;
  readonly listedMs: number;
}

declare global {
  interface Window {
    seenPayments: Map<string, { committedMs: number; listedMs: number | null }>;
  }
}

const bench: Bench = {
  title: 'payments among three tabs, from the press of Pay',
  async run() {
    const world = openWorld();
    try {
      return await measure(world);
    } finally {
      await world.close();
    }
  },
};
export default bench;

async function measure(world: World): Promise<Figure[]> {
  const link = `${await servePage(world)}#r=market&g=new&target=2**240&spacing=1000`;
  const payer = await joinRoom(world, 'payer', link);
  const payee = await joinRoom(world, 'payee', link);
  const witness = await joinRoom(world, 'witness', link);
  const tabs = [payer, payee, witness];
  // One miner is enough, and has the coins.
  for (const tab of [payee, witness]) await tab.setPaused(true);
  for (const tab of tabs)
    await waitFor(
      async () => {
        const { peers } = await tab.snapshot();
        return peers.length === 2 && peers.every(({ kind }) => kind === 'webrtc');
      },
      { timeoutMs: WITHIN_MS, describe: `${tab.name} is linked to both others directly` },
    );
  for (const tab of tabs) await watchPayments(tab);
  const committed: number[] = [];
  const listed: number[] = [];
  for (let i = 0; i < PAYMENTS; i++) {
    await waitFor(async () => ((await payer.snapshot()).wallet?.payable ?? 0) > 0, {
      timeoutMs: WITHIN_MS,
      describe: 'the payer has coins',
    });
    const before = (await payer.snapshot()).payments.at(-1)?.key ?? null;
    const pressedMs = await press(payer, payee.nodeId, witness.nodeId);
    // An attempt that is aborted is followed by another: its time counts.
    const id = await waitFor(
      async () => {
        const last = (await payer.snapshot()).payments.at(-1);
        return last !== undefined && last.key !== before && last.signed.sender ? last.id : null;
      },
      { timeoutMs: WITHIN_MS, describe: 'the payment is committed' },
    );
    const seen = await Promise.all(tabs.map((tab) => seenOf(tab, id)));
    committed.push(Math.max(...seen.map(({ committedMs }) => committedMs)) - pressedMs);
    listed.push(Math.max(...seen.map(({ listedMs }) => listedMs)) - pressedMs);
  }
  return [
    ...figuresOf('Pay pressed → all three have the commit', committed),
    ...figuresOf('Pay pressed → all three see it in a block', listed),
  ];
}

function figuresOf(name: string, samples: readonly number[]): Figure[] {
  return [
    { name: `${name}, median of ${samples.length}`, value: quantile(samples, 0.5), unit: 'ms' },
    { name: `${name}, worst`, value: Math.max(...samples), unit: 'ms' },
  ];
}

/** Notes in the page itself when a payment looks so for the first time: no test that asks could be so exact. */
async function watchPayments({ tab }: TabMember): Promise<void> {
  await tab.page.evaluate(() => {
    const seen = new Map<string, { committedMs: number; listedMs: number | null }>();
    window.seenPayments = seen;
    window.tabchain!.session.subscribe(() => {
      for (const { id, signed, height } of window.tabchain!.session.snapshot().payments) {
        if (id === null || !signed.sender) continue;
        const known = seen.get(id) ?? { committedMs: Date.now(), listedMs: null };
        if (height !== null) known.listedMs ??= Date.now();
        seen.set(id, known);
      }
    });
  });
}

/** Fills the form in and presses the button, in the page; returns when that was. */
async function press({ tab }: TabMember, to: string, witness: string): Promise<number> {
  const { page } = tab;
  await page.locator('#pay-to').selectOption(to);
  await page.locator('#pay-witness').selectOption(witness);
  await page.locator('#pay-amount').fill('1');
  return page.evaluate(() => {
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('button[type=submit]')];
    const pressedMs = Date.now();
    buttons.find(({ textContent }) => textContent === 'Pay')!.click();
    return pressedMs;
  });
}

async function seenOf({ tab, name }: TabMember, id: string): Promise<Seen> {
  return waitFor(
    async () => {
      const seen = await tab.page.evaluate((wanted) => window.seenPayments.get(wanted) ?? null, id);
      return seen === null || seen.listedMs === null ? null : { ...seen, listedMs: seen.listedMs };
    },
    { timeoutMs: WITHIN_MS, describe: `${name} sees the payment in a block` },
  );
}
