import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { hashBlock } from '../../../lib/chain/block.ts';
import { HOMEWORK_TARGET, meetsTarget, targetToBytes } from '../../../lib/chain/target.ts';
import { createMiningPool } from '../../../lib/drivers/workers/mining-pool.ts';
import { createThreadPool, spawnThread } from '../../../lib/drivers/workers/thread-pool.ts';
import type { MiningPool } from '../../../lib/pow/pool.ts';
import type { Proof, Template } from '../../../lib/pow/template.ts';
import { eventually } from '../../support/eventually.ts';

/** About 4,000 hashes a proof. */
const EASY = 1n << 244n;
/** No proof within any test. */
const HOPELESS = 1n << 100n;

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
      await eventually(() => expect(found).toHaveLength(id));
      const proof = found.at(-1)!;
      expect(proof.templateId).toBe(id);
      expect(meetsTarget(hashBlock({ ...template, ...proof }), EASY)).toBe(true);
    }
    await eventually(() => expect(pool!.rates().totalHashesPerSecond).toBe(0));
    expect(found).toHaveLength(3);
    expect(warnings).toEqual([]);
  });

  it('leaves a hopeless template for a new one at once', async () => {
    pool = createThreadPool({ threads: 1, duty: 1 }, callbacks);
    pool.search(templateOf(1, HOPELESS));
    await eventually(() => expect(pool!.rates().hashes).toBeGreaterThan(0));
    expect(pool.rates().kernel).not.toBeNull();
    pool.search(templateOf(2, EASY));
    await eventually(() => expect(found.map((proof) => proof.templateId)).toEqual([2]));
  });

  it('takes more and fewer threads, and less of their time, while it searches', async () => {
    pool = createThreadPool({ threads: 1, duty: 1 }, callbacks);
    pool.search(templateOf(1, HOPELESS));
    const working = () => pool!.rates().perWorkerHashesPerSecond.filter((rate) => rate > 0).length;
    await eventually(() => expect(working()).toBe(1));
    pool.setThreads(2);
    await eventually(() => expect(working()).toBe(2));
    pool.setDuty(0.1);
    pool.setThreads(1);
    expect(pool.rates().perWorkerHashesPerSecond).toHaveLength(1);
    pool.search(templateOf(2, EASY));
    await eventually(() => expect(found).toHaveLength(1));
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
    await eventually(() => expect(pool!.rates().totalHashesPerSecond).toBeGreaterThan(0));
    pool.search(null);
    await eventually(() => expect(pool!.rates().totalHashesPerSecond).toBe(0));
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
    await eventually(() => expect(pool!.rates().hashes).toBeGreaterThan(0));
    await workers[0]!.terminate();
    await eventually(() => expect(workers).toHaveLength(2));
    expect(warnings).toEqual(['Worker 1 died (it ended with code 1) and was replaced.']);
    const before = pool.rates().hashes;
    await eventually(() => expect(pool!.rates().hashes).toBeGreaterThan(before));
    pool.search(templateOf(2, HOMEWORK_TARGET));
    await eventually(() => expect(found).toHaveLength(1));
  });
});
