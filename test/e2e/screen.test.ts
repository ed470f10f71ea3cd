/**
 * The page as people use it: by typing, by keyboard alone, on a phone, and in a class where not every text is kind (R25, R28).
 */
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { joinRoom, memberOfTab, serveRoom, type TabMember } from './harness/room.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

/** Blocks come fast, so that the tests are short. */
const FAST = ['--target', '2**238', '--spacing', '1s'];
const BLOCKS_WITHIN_MS = 120_000;
/** Two tabs on two cores do not disagree about more blocks than these. */
const BURIED_BLOCKS = 3;
/** As long as a name may be, and markup to whoever takes it for such. */
const HOSTILE_NAME = '<img src=x onerror=a()>';

test('a student types the code, mines, and writes a line that the others read', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: FAST });
  const { origin, hash } = new URL(room.link);
  const code = new URLSearchParams(hash.slice(1)).get('r')!;
  const teacher = await joinRoom(world, 'teacher', room.link);
  const student = await (await world.browser()).openTab('student', `${origin}/`);
  const { page } = student;

  await page.getByLabel('Room code, or the whole link').fill(` ${code.toUpperCase()} `);
  await page.getByLabel('Your name in the room').fill(HOSTILE_NAME);
  await page.getByRole('button', { name: 'Join and mine' }).click();
  const { nodeId } = await memberOfTab(student);
  expect(await page.getByTestId('node-id').textContent()).toBe(nodeId);
  await page.getByLabel('Write into your next block').fill('<b>hello</b>, row three');
  await page.getByRole('button', { name: 'Put it in' }).click();

  const board = teacher.tab.page;
  const block = await waitFor(() => findBuriedNote(teacher, '<b>hello</b>, row three'), {
    timeoutMs: BLOCKS_WITHIN_MS,
    describe: 'the line is in a block with others above it',
  });
  // Both stop mining: a press of the button then goes where it is aimed.
  for (const tab of [teacher.tab, student]) {
    await tab.page.getByRole('button', { name: 'Pause', exact: true }).click();
  }
  await walkToTheTipAndBackTo(board, `block-${block}`);
  // A block beside the best chain may say the same, and stand out of view.
  const line = board
    .getByRole('option', { name: 'note: <b>hello</b>, row three' })
    .and(board.locator(`#block-${block}`));
  await board.keyboard.press('ArrowLeft');
  await line.click();
  await board.locator('dd', { hasText: /^<b>hello<\/b>, row three$/ }).waitFor();
  const leaders = board.getByRole('region', { name: 'Leaderboard' });
  await leaders.getByText(`“${HOSTILE_NAME}”`).waitFor();
  expect(await board.locator('main img, main b').count()).toBe(0);

  await board.getByRole('button', { name: 'Hide texts' }).click();
  await leaders.getByText(nodeId.slice(0, 6)).waitFor();
  const shown = await board.locator('main').innerText();
  expect(shown).not.toContain('hello');
  expect(shown).not.toContain(HOSTILE_NAME);
});

test('a room in which nothing happens is drawn once a second', async ({ world }) => {
  const room = await serveRoom(world, { flags: FAST });
  const first = await joinRoom(world, 'first', room.link);
  const second = await joinRoom(world, 'second', room.link);
  for (const { tab } of [first, second])
    await tab.page.getByRole('button', { name: 'Pause', exact: true }).click();
  await waitFor(
    async () => {
      const [one, other] = await Promise.all([first.snapshot(), second.snapshot()]);
      return (
        one.peers[0]?.kind === 'webrtc' && one.tip !== null && one.tip.hash === other.tip?.hash
      );
    },
    { timeoutMs: BLOCKS_WITHIN_MS, describe: 'they are linked and have one tip' },
  );
  const { frames, seconds } = await first.tab.page.evaluate(async (watchedMs) => {
    const ask = window.requestAnimationFrame.bind(window);
    const startedMs = performance.now();
    let frames = 0;
    window.requestAnimationFrame = (callback) => {
      frames++;
      return ask(callback);
    };
    await new Promise((resolve) => setTimeout(resolve, watchedMs));
    window.requestAnimationFrame = ask;
    return { frames, seconds: (performance.now() - startedMs) / 1_000 };
  }, 5_000);
  // One to draw and one to see when it was drawn; some more where a link has changed.
  expect(frames).toBeGreaterThan(0);
  expect(frames).toBeLessThan(2 * seconds + 8);
});

test('the chain can be walked by keyboard alone', async ({ world }) => {
  const room = await serveRoom(world, { flags: FAST });
  const { tab } = await joinRoom(world, 'reader', room.link);
  const { page } = tab;
  await waitForHeight(page, 4);
  const title = page.locator('#block-title');
  const blocks = page.getByRole('listbox', { name: 'Blocks' });
  await blocks.focus();
  for (const [key, shown] of [
    ['Home', 'Block 0, the genesis'],
    ['ArrowRight', 'Block 1'],
    ['ArrowRight', 'Block 2'],
    ['ArrowLeft', 'Block 1'],
    ['PageUp', 'Block 0, the genesis'],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(() => title.textContent()).toBe(shown);
    const chosen = await blocks.getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${chosen}"]`).getAttribute('aria-selected')).toBe('true');
  }
  await page.keyboard.press('End');
  // Both are read at once, since the tip moves on.
  await page.waitForFunction(() => {
    const textOf = (selector: string): string | undefined =>
      document.querySelector(selector)?.textContent.trim();
    return textOf('#block-title') === `Block ${textOf('[data-testid="tip-height"]')}`;
  });
});

test('a code that nobody has, and a link that is broken, are told in words', async ({ world }) => {
  const room = await serveRoom(world, { flags: FAST });
  const { origin } = new URL(room.link);
  const tab = await (await world.browser()).openTab('lost', `${origin}/#r=room&g=nonsense`);
  tab.allowErrors(/404/);
  const alert = tab.page.getByRole('alert').filter({ hasText: /./ });
  await expect.poll(() => alert.textContent()).toContain('cannot be used');
  await tab.page.getByLabel('Room code, or the whole link').fill('nowhere');
  await tab.page.getByRole('button', { name: 'Join and mine' }).click();
  await expect.poll(() => alert.textContent()).toContain('There is no room “nowhere”');
});

test('the page fits the narrowest phone, and every button a finger', async ({ world }) => {
  const room = await serveRoom(world, { flags: FAST });
  const { tab } = await joinRoom(world, 'phone', room.link);
  const { page } = tab;
  await page.setViewportSize({ width: 320, height: 640 });
  await waitForHeight(page, 2);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  const sizes = await page
    .locator('main button:visible, header button:visible, select:visible, summary:visible')
    .evaluateAll((buttons) =>
      buttons
        .filter((button) => !button.classList.contains('link'))
        .map((button) => button.getBoundingClientRect().height),
    );
  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(44);
});

test('the chain stands still while a mouse aims at a block', async ({ world }) => {
  const room = await serveRoom(world, { flags: FAST });
  const { tab } = await joinRoom(world, 'aimer', room.link);
  const { page } = tab;
  await waitForHeight(page, 12);
  const blocks = page.getByRole('listbox', { name: 'Blocks' });
  const box = (await blocks.boundingBox())!;
  const placeOfBlocks = (): Promise<readonly (readonly [string, number])[]> =>
    blocks
      .getByRole('option')
      .evaluateAll((cards) => cards.map((card) => [card.id, card.getBoundingClientRect().x]));
  let height = 0;
  let places = new Map<string, number>();
  await expect
    .poll(
      async () => {
        // The hand trembles; a pointer that lies still is a forgotten one.
        await page.mouse.move(box.x + box.width / 2 + Math.random() * 4, box.y + 40);
        const now = await placeOfBlocks();
        const moved = now.some(([id, x]) => Math.abs((places.get(id) ?? x) - x) > 0.5);
        const shown = Number(await page.getByTestId('tip-height').getAttribute('data-value'));
        if (moved || height === 0) [height, places] = [shown, new Map(now)];
        return shown - height;
      },
      { timeout: BLOCKS_WITHIN_MS, interval: 100 },
    )
    .toBeGreaterThanOrEqual(3);
  // Once it has left, the tip is followed again.
  await page.mouse.move(box.x, box.y - 20);
  const tip = blocks.getByRole('option', { name: /the tip/ });
  await expect
    .poll(async () => ((await tip.boundingBox())?.x ?? Infinity) < box.x + box.width)
    .toBe(true);
});

/** The hash of the block with this note on the tab's best chain, once it is deep enough to stay; null before. */
function findBuriedNote({ tab }: TabMember, note: string): Promise<string | null> {
  return tab.page.evaluate(
    ([wanted, depth]) => {
      const { session } = window.tabchain!;
      const tipHeight = session.snapshot().tip?.height ?? 0;
      const found = session
        .blocksBetween(0, tipHeight - depth)
        .find((block) => block.onBestChain && block.note === wanted);
      return found?.hash ?? null;
    },
    [note, BURIED_BLOCKS] as const,
  );
}

async function walkToTheTipAndBackTo(page: Page, id: string): Promise<void> {
  const blocks = page.getByRole('listbox', { name: 'Blocks' });
  await blocks.focus();
  await page.keyboard.press('End');
  // The first step is taken unseen: where the tip has moved on meanwhile, it leads to the block that was the tip before.
  await page.keyboard.press('ArrowLeft');
  // A block that was chosen just now may not be drawn yet, and then none is named.
  const chosenAfter = async (before: string | null): Promise<string> => {
    const chosen = () => blocks.getAttribute('aria-activedescendant');
    return waitFor(
      async () => {
        const now = await chosen();
        return now === before ? null : now;
      },
      { timeoutMs: BLOCKS_WITHIN_MS, describe: 'the key has led to another block' },
    );
  };
  for (let at = await chosenAfter(null); at !== id; at = await chosenAfter(at))
    await page.keyboard.press('ArrowLeft');
}

async function waitForHeight(page: Page, height: number): Promise<void> {
  await expect
    .poll(async () => Number(await page.getByTestId('tip-height').getAttribute('data-value')), {
      timeout: BLOCKS_WITHIN_MS,
    })
    .toBeGreaterThanOrEqual(height);
}
