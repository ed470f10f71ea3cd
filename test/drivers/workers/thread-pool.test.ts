import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hashBlock } from '../../../lib/chain/block.ts';
import { HOMEWORK_TARGET, meetsTarget, targetToBytes } from '../../../lib/chain/target.ts';
import { createMiningPool } from '../../../lib/drivers/workers/mining-pool.ts';
import { createThreadPool, spawnThread } from '../../../lib/drivers/workers/thread-pool.ts';
import type { MiningPool } from '../../../lib/pow/pool.ts';
import type { Proof, Template } from '../../../lib/pow/template.ts';

/** About 4,000 hashes a proof. */
const EASY = 1n << 244n;
/** No proof within any test. */
const HOPELESS = 1n << 100n;
const WAIT = { timeout: 15_000, interval: 5 };

function templateOf(id: number, target: bigint, dataLength = 12): Template {
  return {
    id,
    data: new Uint8Array(dataLength).fill(65),
    previousHash: new Uint8Array(32).fill(id),
    target: targetToBytes(target),
  };
}

let pool: MiningPool | null = null;
let found: Proof[] = [];
let warnings: string[] = [];
const callbacks = {
  found: (proof: Proof) => void found.push(proof),
  warn: (text: string) => void warnings.push(text),
};

afterEach(() => {
  pool?.close();
  pool = null;
  found = [];
  warnings = [];
});

describe('a pool of threads', () => {
  it('finds a proof, then searches no more until it gets the next template', async () => {
    pool = createThreadPool({ threads: 2, duty: 1 }, callbacks);
    for (let id = 1; id <= 3; id++) {
      const template = templateOf(id, EASY, 100 * id);
      pool.search(template);
      await vi.waitFor(() => expect(found).toHaveLength(id), WAIT);
      const proof = found.at(-1)!;
      expect(proof.templateId).toBe(id);
      expect(meetsTarget(hashBlock({ ...template, ...proof }), EASY)).toBe(true);
    }
    await vi.waitFor(() => expect(pool!.rates().totalHashesPerSecond).toBe(0), WAIT);
    expect(found).toHaveLength(3);
    expect(warnings).toEqual([]);
  });

  it('leaves a hopeless template for a new one at once', async () => {
    pool = createThreadPool({ threads: 1, duty: 1 }, callbacks);
    pool.search(templateOf(1, HOPELESS));
    await vi.waitFor(() => expect(pool!.rates().hashes).toBeGreaterThan(0), WAIT);
    expect(pool.rates().kernel).not.toBeNull();
    pool.search(templateOf(2, EASY));
    await vi.waitFor(() => expect(found.map((proof) => proof.templateId)).toEqual([2]), WAIT);
  });

  it('takes more and fewer threads, and less of their time, while it searches', async () => {
    pool = createThreadPool({ threads: 1, duty: 1 }, callbacks);
    pool.search(templateOf(1, HOPELESS));
    const working = () => pool!.rates().perWorkerHashesPerSecond.filter((rate) => rate > 0).length;
    await vi.waitFor(() => expect(working()).toBe(1), WAIT);
    pool.setThreads(2);
    await vi.waitFor(() => expect(working()).toBe(2), WAIT);
    pool.setDuty(0.1);
    pool.setThreads(1);
    expect(pool.rates().perWorkerHashesPerSecond).toHaveLength(1);
    pool.search(templateOf(2, EASY));
    await vi.waitFor(() => expect(found).toHaveLength(1), WAIT);
  });

  it('stops for null, and says why it does not search what cannot be searched', async () => {
    pool = createThreadPool({ threads: 1, duty: 1 }, callbacks);
    pool.search(templateOf(1, 0n));
    pool.search(templateOf(2, EASY, 4097));
    expect(warnings).toEqual([
      'Nothing is searched: a target of zero can never be met.',
      'Nothing is searched: a block holds at most 4096 bytes of data, not 4097.',
    ]);
    pool.search(templateOf(3, HOPELESS));
    await vi.waitFor(() => expect(pool!.rates().totalHashesPerSecond).toBeGreaterThan(0), WAIT);
    pool.search(null);
    await vi.waitFor(() => expect(pool!.rates().totalHashesPerSecond).toBe(0), WAIT);
    expect(found).toEqual([]);
  });

  it('replaces a thread that was killed, and goes on with the same template', async () => {
    const workers: Worker[] = [];
    pool = createMiningPool(
      (events) => {
        const port = spawnThread(events);
        workers.push(port.worker);
        return port;
      },
      { threads: 1, duty: 1 },
      callbacks,
    );
    pool.search(templateOf(1, HOPELESS));
    await vi.waitFor(() => expect(pool!.rates().hashes).toBeGreaterThan(0), WAIT);
    await workers[0]!.terminate();
    await vi.waitFor(() => expect(workers).toHaveLength(2), WAIT);
    expect(warnings).toEqual(['Worker 1 died (it ended with code 1) and was replaced.']);
    const before = pool.rates().hashes;
    await vi.waitFor(() => expect(pool!.rates().hashes).toBeGreaterThan(before), WAIT);
    pool.search(templateOf(2, HOMEWORK_TARGET));
    await vi.waitFor(() => expect(found).toHaveLength(1), WAIT);
  });
});
