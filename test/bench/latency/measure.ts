/**
 * How long a new tip waits until a worker searches it, one way, and what the search pays for that, in Node and in
 * headless Chromium.
 */
import { Worker as Thread } from 'node:worker_threads';
import type { Browser, Page } from 'playwright-core';
import { buildScript } from '../browser-script.ts';
import type { YieldRates } from './yields.ts';
import { measureTips, type WitnessedWorker } from './tips.ts';

/** Any address: the page is answered here, with the headers that give a page shared memory and the finest clock. */
const ADDRESS = 'http://localhost/';
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export async function measureNodeTips(isCounted: boolean): Promise<number[]> {
  const tsx = import.meta.resolve('tsx/esm/api');
  const program = new URL('thread.ts', import.meta.url).href;
  const worker = new Thread(
    `import('${tsx}').then(({ register }) => (register(), import('${program}')))`,
    { eval: true, execArgv: [] },
  );
  const witnessed: WitnessedWorker = {
    post: (message) => worker.postMessage(message),
    listen: (listener) => worker.on('message', listener),
  };
  const delays = await measureTips(witnessed, isCounted);
  await worker.terminate();
  return delays;
}

export async function measureBrowserTips(browser: Browser, isCounted: boolean): Promise<number[]> {
  const worker = await buildScript(new URL('web-worker.ts', import.meta.url));
  const content = await buildScript(new URL('page.ts', import.meta.url), 'latency');
  const page = await openIsolatedPage(browser);
  await page.addScriptTag({ content });
  const delays = await page.evaluate(
    ([program, isCounted]) => {
      const { latency } = globalThis as unknown as {
        latency: { measureInPage(program: string, isCounted: boolean): Promise<number[]> };
      };
      return latency.measureInPage(program, isCounted);
    },
    [worker, isCounted] as const,
  );
  await page.close();
  return delays;
}

export async function measureBrowserYields(browser: Browser): Promise<YieldRates> {
  const worker = await buildScript(new URL('yield-worker.ts', import.meta.url));
  const page = await openIsolatedPage(browser);
  const rates = await page.evaluate(
    (program) =>
      new Promise<YieldRates>((resolve, reject) => {
        const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
        const worker = new Worker(url);
        worker.onmessage = (event) => resolve(event.data as YieldRates);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(null);
      }),
    worker,
  );
  await page.close();
  return rates;
}

async function openIsolatedPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  await page.route(ADDRESS, (route) =>
    route.fulfill({ headers: ISOLATED, contentType: 'text/html', body: '<!doctype html>' }),
  );
  await page.goto(ADDRESS);
  return page;
}
