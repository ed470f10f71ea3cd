/**
 * What a browser holds in memory, all its processes together.
 */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';

/**
 * In MiB, memory that processes share counted once; null where the machine does not tell (only Linux does).
 *
 * @param tidied pages whose garbage is to be gone before
 */
export async function readMemoryMiB(
  browser: Browser,
  tidied: readonly Page[] = [],
): Promise<number | null> {
  for (const page of tidied) {
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    await session.detach();
  }
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  try {
    const kibibytes = processInfo.map(({ id }) => {
      const [, share] = /^Pss:\s+(\d+) kB/m.exec(
        readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'),
      ) ?? ['', 'NaN'];
      return Number(share);
    });
    return kibibytes.reduce((sum, share) => sum + share, 0) / 1024;
  } catch {
    return null;
  }
}
