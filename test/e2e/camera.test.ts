/**
 * A tab reads the QR code that its camera sees; Chromium plays a film in the camera's place (R26).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'uqr';
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { launchBrowser, type TestBrowser } from './harness/browser.ts';
import { serveRoom } from './harness/room.ts';
import { test, type World } from './harness/world.ts';

const WIDTH = 640;
const HEIGHT = 480;
const DARK = 20;
const LIGHT = 230;
const NO_COLOUR = 128;

test('a tab reads a code by its camera, and says so where it is refused', async ({ world }) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238'] });
  const browser = await launchWithCamera(world, filmOf('what the camera sees'));
  const willing = await browser.openProfile({ allowsCamera: true });
  const { page } = await willing.openTab('camera', room.link);
  await openSheet(page);
  await page.getByRole('button', { name: 'Scan its QR code' }).click();
  // It is taken like what is pasted: found, put into the field, and refused as no invitation.
  await page.getByText('There is no whole invitation in this text').waitFor();
  const field = page.getByRole('textbox', { name: 'The invitation' });
  await expect.poll(() => field.inputValue()).toBe('what the camera sees');
  await page.getByRole('button', { name: 'Scan its QR code' }).waitFor();

  const { page: refusing } = await browser.openTab('no camera', room.link);
  await openSheet(refusing);
  await refusing.getByRole('button', { name: 'Scan its QR code' }).click();
  await refusing.getByText('The camera was refused').waitFor();
});

test('who closes the sheet, or the camera by its button, stops it, also one that is still being opened', async ({
  world,
}) => {
  const room = await serveRoom(world, { flags: ['--target', '2**238'] });
  const browser = await launchWithCamera(world, filmOf(null));
  const profile = await browser.openProfile({ allowsCamera: true });
  const { page } = await profile.openTab('camera', room.link);
  await page.evaluate(holdCameras);
  const camera = () => page.evaluate(() => globalThis.cameras.at(-1)?.readyState);
  const scan = page.getByRole('button', { name: 'Scan its QR code' });
  const sheet = page.getByRole('dialog', { name: 'Join without the server' });

  await openSheet(page);
  await scan.click();
  await page.evaluate(() => globalThis.handOver());
  await page.getByLabel('What the camera sees').waitFor();
  expect(await camera()).toBe('live');
  // Who uses the keyboard goes on where the button was that has gone.
  await page.locator('button:focus', { hasText: 'Close the camera' }).press('Enter');
  await expect.poll(camera).toBe('ended');
  await page.locator('button:focus', { hasText: 'Scan its QR code' }).press('Enter');
  await page.evaluate(() => globalThis.handOver());
  await page.getByLabel('What the camera sees').waitFor();
  expect(await camera()).toBe('live');
  await sheet.getByRole('button', { name: 'Close', exact: true }).click();
  await expect.poll(camera).toBe('ended');

  await openSheet(page);
  await scan.click();
  await page.getByText('Opening the camera').waitFor();
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
  await page.evaluate(() => globalThis.handOver());
  await expect.poll(camera).toBe('ended');
  expect(await page.evaluate(() => globalThis.cameras.length)).toBe(3);
});

declare global {
  /** The page's: every camera that it was given, and what gives it the one that it has asked for last. */
  var cameras: MediaStreamTrack[];
  var handOver: () => Promise<void>;
}

/** In the page: from now on a camera that it asks for is given to it only when the test says so. */
function holdCameras(): void {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  globalThis.cameras = [];
  mediaDevices.getUserMedia = (wanted) =>
    new Promise((resolve) => {
      globalThis.handOver = async () => {
        const stream = await open(wanted);
        globalThis.cameras.push(...stream.getVideoTracks());
        resolve(stream);
      };
    });
}

/** A browser whose camera shows this film. */
async function launchWithCamera(world: World, film: Buffer): Promise<TestBrowser> {
  const file = join(world.folder(), 'film.y4m');
  writeFileSync(file, film);
  const browser = await launchBrowser({
    flags: ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`],
  });
  world.keepBrowser(browser);
  return browser;
}

async function openSheet(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByRole('button', { name: 'Invite without the server' }).click();
}

/** An uncompressed film (YUV4MPEG2, planes in 4:2:0) of one frame that shows this text's code, or nothing. */
function filmOf(text: string | null): Buffer {
  const luma = Buffer.alloc(WIDTH * HEIGHT, LIGHT);
  if (text !== null) drawCode(text, luma);
  const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, NO_COLOUR);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([head, Buffer.from('FRAME\n'), luma, chroma]);
}

function drawCode(text: string, luma: Buffer): void {
  const { size, data } = encode(text, { ecc: 'M', border: 4 });
  const modulePx = Math.floor(HEIGHT / size);
  const left = Math.floor((WIDTH - size * modulePx) / 2);
  data.forEach((row, y) =>
    row.forEach((isDark, x) => {
      if (!isDark) return;
      for (let line = y * modulePx; line < (y + 1) * modulePx; line++) {
        const start = line * WIDTH + left + x * modulePx;
        luma.fill(DARK, start, start + modulePx);
      }
    }),
  );
}
