/**
 * How fast proofs of work are searched, in Node and in headless Chromium, against what else there is: a homework miner
 * on @noble/hashes, OpenSSL, Python, and native code on the same core.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { JOIN_VECTORS_FLAG, wideVectorFlags } from '../../lib/node/wide-vectors.ts';
import { browserPath } from '../e2e/harness/processes.ts';
import { measureRate, quantile, type Bench, type Figure } from './bench.ts';
import { buildScript } from './browser-script.ts';
import { measureBrowserTips, measureBrowserYields, measureNodeTips } from './latency/measure.ts';
import { measureYields, type YieldRates } from './latency/yields.ts';
import type { Measured } from './pow-measure.ts';
import { measurePool } from './pow-pool.ts';
import { measureMeans } from './pow-statistics.ts';

/** Fresh processes of each engine, in turns: a few in a hundred run slow for life, and the median leaves them out. */
const PROCESSES = 5;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);

const bench: Bench = {
  title:
    'proofs of work: searches against naive hashing and native code, one core unless told otherwise',
  async run() {
    const node: Measured[][] = [];
    const browser: Measured[][] = [];
    const joining: Measured[][] = [];
    const worker = await buildScript(new URL('pow-worker.ts', import.meta.url));
    const folder = mkdtempSync(join(tmpdir(), 'pow-'));
    const program = join(folder, 'process.mjs');
    writeFileSync(program, await buildScript(new URL('pow-process.ts', import.meta.url)));
    for (let i = 0; i < PROCESSES; i++) {
      node.push(await measureInNode(program));
      browser.push(await measureInChromium(worker));
      joining.push(await measureInChromium(worker, [`--js-flags=${JOIN_VECTORS_FLAG}`]));
    }
    rmSync(folder, { recursive: true });
    return [
      ...figuresOf('Node', node),
      ...figuresOf('Chromium', browser),
      ...figuresOf('Chromium that joins vectors', joining),
      ...measureOthers(),
      ...(await measurePool()),
      ...(await measureTips()),
      ...(await measureYieldCosts()),
      ...measureMeans(),
    ];
  },
};
export default bench;

/** Medians of the processes, each rate beside the naive one of the same engine. */
function figuresOf(engine: string, processes: readonly Measured[][]): Figure[] {
  const naive = `${engine}: @noble/hashes, `;
  return processes[0]!.map(({ name, unit }, i) => {
    const value = quantile(
      processes.map((measured) => measured[i]!.value),
      0.5,
    );
    const against = `${naive}${name === '4096 bytes' ? '4096' : '12'} bytes`;
    const figure = { name: `${engine}: ${name}`, value, unit };
    return unit === 'MH/s' && figure.name !== against ? { ...figure, against } : figure;
  });
}

/** A process of the built program, as users run it: what runs TypeScript slows its first moments. */
async function measureInNode(program: string): Promise<Measured[]> {
  const flags = wideVectorFlags(process.versions.node, process.arch);
  const { stdout } = await run(process.execPath, [...flags, program]);
  return JSON.parse(stdout) as Measured[];
}

async function measureInChromium(
  program: string,
  flags: readonly string[] = [],
): Promise<Measured[]> {
  return inChromium(async (browser) => {
    const page = await browser.newPage();
    return page.evaluate(
      (code) =>
        new Promise<Measured[]>((resolve, reject) => {
          const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
          const worker = new Worker(url);
          worker.onmessage = (event) => resolve(event.data as Measured[]);
          worker.onerror = (event) => reject(new Error(event.message));
          worker.postMessage(null);
        }),
      program,
    );
  }, flags);
}

/** Does something with a browser that was never used before. */
async function inChromium<Result>(
  use: (browser: Browser) => Promise<Result>,
  flags: readonly string[] = [],
): Promise<Result> {
  const browser = await chromium.launch({
    executablePath: browserPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      ...flags,
    ],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** How long a new tip waits until it is searched, with a count of messages in shared memory and without. */
async function measureTips(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const isCounted of [true, false]) {
    const delays = {
      Node: await measureNodeTips(isCounted),
      Chromium: await inChromium((browser) => measureBrowserTips(browser, isCounted)),
    };
    for (const [engine, all] of Object.entries(delays))
      for (const share of [0.5, 0.95])
        figures.push({
          name: `${engine}: new tip to a worker ${isCounted ? 'searching it' : 'without shared memory'}, ${share === 0.5 ? 'median' : 'p95'}`,
          value: quantile(all, share),
          unit: 'ms',
        });
  }
  return figures;
}

/** What the search pays for hearing of new tips: medians of windows, each beside one of nothing but hashes. */
async function measureYieldCosts(): Promise<Figure[]> {
  const measured = {
    Node: await measureYields(() => new Promise((resolve) => setImmediate(resolve))),
    Chromium: await inChromium((browser) => measureBrowserYields(browser)),
  };
  const cost = (rates: readonly number[], { alone }: YieldRates): number =>
    100 *
    quantile(
      rates.map((rate, i) => 1 - rate / alone[i]!),
      0.5,
    );
  return Object.entries(measured).flatMap(([engine, rates]) => [
    { name: `${engine}: cost of looks and yields`, value: cost(rates.looking, rates), unit: '%' },
    {
      name: `${engine}: cost of yields without shared memory`,
      value: cost(rates.yielding, rates),
      unit: '%',
    },
  ]);
}

/** What hashes outside of JavaScript, where this machine has it. */
function measureOthers(): Figure[] {
  const against = 'Node: @noble/hashes, 12 bytes';
  const message = Buffer.alloc(52);
  const openssl = measureRate(1000, () => {
    for (let i = 0; i < 1000; i++) {
      message.writeUInt32BE(i, 48);
      createHash('sha256').update(message).digest();
    }
  });
  const figures: Figure[] = [
    { name: 'node:crypto, 12 bytes', value: openssl / 1e6, unit: 'MH/s', against },
  ];
  const python = attempt(() =>
    Number(execFileSync('python3', [here('native/pow.py')], { encoding: 'utf8' })),
  );
  if (python !== null)
    figures.push({ name: 'python3 hashlib, 12 bytes', value: python, unit: 'MH/s', against });
  return [...figures, ...measureNative(against)];
}

const NATIVE = {
  'AVX, 4 lanes': ['-mavx', '-DLANES=4'],
  'AVX2, 8 lanes': ['-mavx2', '-DLANES=8'],
  'AVX-512, 16 lanes': ['-mavx512f', '-mavx512vl', '-mprefer-vector-width=512', '-DLANES=16'],
  'SHA-NI, four-way': ['-msha', '-msse4.1', '-DSHA_NI'],
};

/** Native code of the same search, built where there is a compiler; a processor that lacks the instructions ends it. */
function measureNative(against: string): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'pow-'));
  const figures: Figure[] = [];
  for (const [name, flags] of Object.entries(NATIVE)) {
    const value = attempt(() => {
      const program = join(folder, 'pow');
      execFileSync('cc', ['-O3', ...flags, here('native/pow.c'), '-o', program], {
        stdio: 'ignore',
      });
      return Number(execFileSync(program, { encoding: 'utf8' }).split(' ')[0]);
    });
    if (value !== null) figures.push({ name: `native C, ${name}`, value, unit: 'MH/s', against });
  }
  rmSync(folder, { recursive: true });
  return figures;
}

/** What needs a tool that this machine may lack. */
function attempt(measure: () => number): number | null {
  try {
    return measure();
  } catch {
    return null;
  }
}
