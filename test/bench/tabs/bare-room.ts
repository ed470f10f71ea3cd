/**
 * Tabs without a screen in one browser, and the server that they come from.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startSignalingServer } from '../../../signaling/server.ts';
import { launchBrowser, type Tab } from '../../e2e/harness/browser.ts';
import { buildBarePage } from './bare-page.ts';
import type { BenchPage } from './page.ts';

export interface BareRoom {
  readonly browser: Browser;
  /** A loaded page that has joined no room yet. All pages are one user's. */
  openTab(name: string): Promise<Tab>;
}

/** `script` runs in each page before all others. */
export async function withBareRoom<Result>(
  measure: (room: BareRoom) => Promise<Result>,
  script = '',
): Promise<Result> {
  const appDir = mkdtempSync(join(tmpdir(), 'tabchain-bench-'));
  try {
    await buildBarePage(appDir);
    const started = await startSignalingServer({ host: '127.0.0.1', port: 0, appDir });
    if (!started.ok) throw new Error(started.message);
    const { server } = started;
    const browser = await launchBrowser();
    try {
      const profile = await browser.openProfile();
      await profile.context.addInitScript({ content: script });
      return await measure({
        browser: browser.browser,
        async openTab(name) {
          const tab = await profile.openTab(name, `http://127.0.0.1:${server.port}/`);
          await tab.page.waitForFunction(() => 'bench' in window);
          return tab;
        },
      });
    } finally {
      await browser.close();
      await server.close();
    }
  } finally {
    rmSync(appDir, { recursive: true, force: true });
  }
}

declare global {
  interface Window {
    bench: BenchPage;
  }
}
