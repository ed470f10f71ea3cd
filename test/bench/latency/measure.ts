/**
 * How long a new tip waits until a worker searches it, one way, in Node and in headless Chromium.
 */
import { Worker } from 'node:worker_threads';
import type { Browser } from 'playwright-core';
import { buildScript } from '../browser-script.ts';
import { measureTips } from './tips.ts';

/** Any address: the page is answered here, with the headers that give a page the finest clock. */
const ADDRESS = 'http://localhost/';
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export async function measureNodeTips(): Promise<number[]> {
  const tsx = import.meta.resolve('tsx/esm/api');
  const program = new URL('thread.ts', import.meta.url).href;
  const worker = new Worker(
    `import('${tsx}').then(({ register }) => (register(), import('${program}')))`,
    { eval: true, execArgv: [] },
  );
  const delays = await measureTips({
    post: (message) => worker.postMessage(message),
    listen: (listener) => worker.on('message', listener),
  });
  await worker.terminate();
  return delays;
}

export async function measureBrowserTips(browser: Browser): Promise<number[]> {
  const worker = await buildScript(new URL('web-worker.ts', import.meta.url));
  const content = await buildScript(new URL('page.ts', import.meta.url), 'latency');
  const page = await browser.newPage();
  await page.route(ADDRESS, (route) =>
    route.fulfill({ headers: ISOLATED, contentType: 'text/html', body: '<!doctype html>' }),
  );
  await page.goto(ADDRESS);
  await page.addScriptTag({ content });
  const delays = await page.evaluate((program) => {
    const { latency } = globalThis as unknown as {
      latency: { measureInPage(program: string): Promise<number[]> };
    };
    return latency.measureInPage(program);
  }, worker);
  await page.close();
  return delays;
}
