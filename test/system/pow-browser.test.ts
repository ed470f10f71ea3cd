import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import sirv from 'sirv';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashBlock } from '../../lib/chain/block.ts';
import { meetsTarget, targetToBytes } from '../../lib/chain/target.ts';
import { browserPath } from '../e2e/harness/processes.ts';
import type { ChangeOutcome, Outcome } from './pow-page/main.ts';

/** About 4,000 hashes a proof. */
const TARGET = 1n << 244n;
/** The layouts r = 32, 44, 47, 52, 57, 60 and 1: each way in which a nonce lies in its blocks. */
const KINDS_OF_LAYOUT = [0, 12, 15, 20, 25, 28, 33];
/** A policy that forbids code made at run time. */
const STRICT = "default-src 'self'; script-src 'self'; worker-src 'self'";

let folder: string;
let server: Server;
let browser: Browser;
let policy: string | null = null;
/** Whether pages and their workers share memory. */
let isIsolated = false;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pow-page-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    root: fileURLToPath(new URL('pow-page', import.meta.url)),
    base: './',
    worker: { format: 'es' },
    build: { outDir: folder, emptyOutDir: true, target: 'es2022' },
  });
  const serve = sirv(folder);
  server = createServer((request, response) => {
    if (policy !== null) response.setHeader('content-security-policy', policy);
    if (isIsolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({
    executablePath: browserPath(),
    args: ['--no-sandbox', '--disable-gpu', '--enable-unsafe-webgpu', '--no-first-run'],
  });
});

afterAll(async () => {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
});

async function openPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(isIsolated);
  return page;
}

async function searchAll(
  kind: 'threads' | 'graphics',
  dataLengths: readonly number[],
  freeLength = 0,
): Promise<Outcome[]> {
  const page = await openPage();
  const outcomes = await page.evaluate(
    ([kind, dataLengths, freeLength, target]) => {
      const { searchAll } = globalThis as unknown as {
        searchAll(...call: unknown[]): Promise<Outcome[]>;
      };
      return searchAll(kind, dataLengths, freeLength, target);
    },
    [kind, dataLengths, freeLength, [...targetToBytes(TARGET)]] as const,
  );
  await page.close();
  return outcomes;
}

function expectProofs(outcomes: readonly Outcome[], dataLengths: readonly number[]): void {
  expect(outcomes.map(({ dataLength }) => dataLength)).toEqual(dataLengths);
  for (const { proof } of outcomes) {
    const data = Uint8Array.from(Object.values(proof.data));
    const proofOfWork = Uint8Array.from(Object.values(proof.proofOfWork));
    const block = { data, proofOfWork, previousHash: new Uint8Array(32).fill(98) };
    expect(meetsTarget(hashBlock(block), TARGET)).toBe(true);
  }
}

describe('a search in a browser', () => {
  it.each([
    ['isolated from other origins', true],
    ['like any other', false],
  ])(
    'uses WebAssembly, and its shared schedule where data is free, in a page %s',
    async (_, isolated) => {
      policy = null;
      isIsolated = isolated;
      const exact = await searchAll('threads', [0, 12, 100, 4096]);
      expectProofs(exact, [0, 12, 100, 4096]);
      expect(exact.at(-1)!.kernel).toMatch(/^wasm-simd/);
      const free = await searchAll('threads', [79, 300], 16);
      expectProofs(free, [79, 300]);
      expect(free.at(-1)!.kernel).toMatch(/^wasm-simd .* shared/);
      expect([...exact, ...free].flatMap(({ warnings }) => warnings)).toEqual([]);
    },
  );

  it.each([
    ['isolated from other origins', true],
    ['like any other', false],
  ])('turns to each new template, pauses, and goes on, in a page %s', async (_, isolated) => {
    policy = null;
    isIsolated = isolated;
    const page = await openPage();
    const target = [...targetToBytes(TARGET)];
    const outcome = await page.evaluate(
      (target) =>
        (globalThis as unknown as { changeOften(target: number[]): Promise<ChangeOutcome> }) //
          .changeOften(target),
      target,
    );
    await page.close();
    expect(outcome.found).toEqual(outcome.asked);
    expect(outcome.warnings).toEqual([]);
  });

  it('goes on in plain JavaScript where a content policy forbids WebAssembly', async () => {
    policy = STRICT;
    isIsolated = false;
    const outcomes = await searchAll('threads', [12, 79], 8);
    expectProofs(outcomes, [12, 79]);
    expect(outcomes.at(-1)!).toMatchObject({ kernel: 'js', warnings: [] });
  });

  it('is right on a graphics processor, in every kind of layout', async () => {
    policy = null;
    expectProofs(await searchAll('graphics', KINDS_OF_LAYOUT), KINDS_OF_LAYOUT);
  });
});
