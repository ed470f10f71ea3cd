/**
 * A world to put things into: programs, browsers and folders that end with it. Tests get theirs from world.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser, type TestBrowser } from './browser.ts';
import { startProcess, type Running, type StartOptions } from './processes.ts';

export interface World {
  /** Starts a program that ends with the world. */
  start(name: string, program: string, args: readonly string[], options?: StartOptions): Running;
  /** The world's browser; launched when first asked for. */
  browser(): Promise<TestBrowser>;
  /** A browser that was launched elsewhere ends with the world too, and its tabs' errors fail the test. */
  keepBrowser(browser: TestBrowser): void;
  /** A new empty folder that is deleted with the world. */
  folder(): string;
  /** Does this when the world ends, before its programs do; latest first. */
  atEnd(action: () => unknown): void;
}

export interface OpenWorld extends World {
  readonly programs: readonly Running[];
  readonly browsers: readonly TestBrowser[];
  /** Does what was left for the end; everything else still runs. */
  finish(): Promise<void>;
  /** Ends everything. */
  close(): Promise<void>;
}

export function openWorld(): OpenWorld {
  const programs: Running[] = [];
  const browsers: TestBrowser[] = [];
  let own: TestBrowser | null = null;
  const folders: string[] = [];
  const endings: (() => unknown)[] = [];
  return {
    programs,
    browsers,
    start(name, program, args, options) {
      const running = startProcess(name, program, args, options);
      programs.push(running);
      return running;
    },
    async browser() {
      if (own === null) browsers.push((own = await launchBrowser()));
      return own;
    },
    keepBrowser: (browser) => void browsers.push(browser),
    folder() {
      folders.push(mkdtempSync(join(tmpdir(), 'tabchain-test-')));
      return folders.at(-1)!;
    },
    atEnd: (action) => void endings.push(action),
    async finish() {
      for (const action of endings.reverse()) await action();
    },
    async close() {
      await Promise.all(browsers.map((browser) => browser.close()));
      await Promise.all(programs.map((program) => program.kill()));
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}
