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

/** As in a page that shares no memory with its workers. */
const createUncountedPool: typeof createThreadPool = (options, callbacks) =>
  createMiningPool(
    (events) => {
      const port = spawnThread(events);
      return {
        ...port,
        post: (message) =>
          port.post(message.type === 'start' ? { ...message, posted: null } : message),
      };
    },
    options,
    callbacks,
  );

describe.each([
  ['that look at a count of messages', createThreadPool],
  ['that yield after each batch', createUncountedPool],
])('threads %s', (_, createPool) => {
  it('find what was asked last, however often they are asked, at full power and at less', async () => {
    pool = createPool({ threads: 2, duty: 1 }, callbacks);
    let id = 0;
    for (const duty of [1, 0.05, 1]) {
      pool.setDuty(duty);
      for (let round = 0; round < 2; round++) {
        const [before, { hashes }] = [found.length, pool.rates()];
        for (let tip = 0; tip < 20; tip++) pool.search(templateOf(++id, HOPELESS));
        await eventually(() => expect(pool!.rates().hashes).toBeGreaterThan(hashes));
        pool.search(null);
        for (let tip = 0; tip < 20; tip++) pool.search(templateOf(++id, HOPELESS));
        pool.search(templateOf(++id, EASY));
        await eventually(() => expect(found).toHaveLength(before + 1));
        expect(found.at(-1)!.templateId).toBe(id);
      }
    }
    expect(warnings).toEqual([]);
  });
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
