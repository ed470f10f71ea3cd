import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_PREVIOUS_HASH } from '../../../lib/chain/block.ts';
import { MAX_TARGET, targetToBytes } from '../../../lib/chain/target.ts';
import type { OwnerMessage } from '../../../lib/drivers/workers/messages.ts';
import {
  createMiningPool,
  defaultThreads,
  type KernelMemory,
} from '../../../lib/drivers/workers/mining-pool.ts';
import {
  SILENT_LOOKS_LIMIT,
  WATCH_MS,
  type SpawnWorker,
  type WorkerEvents,
} from '../../../lib/drivers/workers/worker-slot.ts';
import type { Proof, Template } from '../../../lib/pow/template.ts';

/** Workers that do nothing by themselves: what they say is the test's, so that they can lie and die. */
function createPuppets(threads: number, memory?: KernelMemory) {
  const workers: { events: WorkerEvents; received: OwnerMessage[]; isEnded: boolean }[] = [];
  const spawn: SpawnWorker = (events) => {
    const worker = { events, received: [] as OwnerMessage[], isEnded: false };
    workers.push(worker);
    return {
      post: (message) => void worker.received.push(message),
      terminate: () => void (worker.isEnded = true),
    };
  };
  const found: Proof[] = [];
  const warnings: string[] = [];
  const pool = createMiningPool(
    spawn,
    { threads, duty: 1 },
    { found: (proof) => void found.push(proof), warn: (text) => void warnings.push(text) },
    { memory },
  );
  const searchesOf = (index: number) =>
    workers[index]!.received.filter((message) => message.type === 'search');
  return { workers, pool, found, warnings, searchesOf };
}

const easy = (id: number): Template => ({
  id,
  data: Uint8Array.of(1),
  previousHash: NO_PREVIOUS_HASH,
  target: targetToBytes(MAX_TARGET),
});
const hopeless = (id: number): Template => ({ ...easy(id), target: targetToBytes(1n) });
const proofFor = (template: Template): Proof => ({
  templateId: template.id,
  data: template.data,
  proofOfWork: new Uint8Array(8),
});
const foundMessage = (proof: Proof) => ({ type: 'found', kernel: 'quick', proof }) as const;

describe('the owner of workers', () => {
  it('lets the graphics processor search where that is wanted, and ends it where it is not', () => {
    const graphics: { received: OwnerMessage[]; isEnded: boolean }[] = [];
    const pool = createMiningPool(
      () => ({ post: () => undefined, terminate: () => undefined }),
      { threads: 1, duty: 1 },
      { found: () => undefined, warn: (text) => expect.fail(text) },
      {
        spawnGraphics: () => {
          const worker = { received: [] as OwnerMessage[], isEnded: false };
          graphics.push(worker);
          return {
            post: (message) => void worker.received.push(message),
            terminate: () => void (worker.isEnded = true),
          };
        },
      },
    );
    pool.search(hopeless(1));
    expect(graphics).toHaveLength(0);
    pool.setGraphics(true);
    pool.setGraphics(true);
    expect(graphics).toHaveLength(1);
    expect(graphics[0]!.received.at(-1)).toMatchObject({ type: 'search', template: { id: 1 } });
    pool.setGraphics(false);
    expect(graphics[0]!.isEnded).toBe(true);
    pool.close();
    pool.setGraphics(true);
    expect(graphics).toHaveLength(1);
  });

  it('gives each worker nonces of its own', () => {
    const { pool, searchesOf } = createPuppets(3);
    pool.search(easy(1));
    expect([0, 1, 2].map((index) => searchesOf(index).at(-1)!.start[0])).toEqual([0, 1, 2]);
  });

  it('tells all workers to stop when one has found a proof, and takes only the first', () => {
    const { workers, pool, found, searchesOf } = createPuppets(2);
    pool.search(easy(1));
    workers[0]!.events.message(foundMessage(proofFor(easy(1))));
    workers[1]!.events.message(foundMessage(proofFor(easy(1))));
    expect(found).toEqual([proofFor(easy(1))]);
    expect(searchesOf(1).at(-1)!.template).toBeNull();
  });

  it('drops proofs of a template that is no longer searched', () => {
    const { workers, pool, found, warnings } = createPuppets(1);
    pool.search(easy(1));
    pool.search(hopeless(2));
    pool.search(hopeless(3));
    workers[0]!.events.message(foundMessage(proofFor(easy(1))));
    pool.search(easy(4));
    pool.search(null);
    workers[0]!.events.message(foundMessage(proofFor(easy(4))));
    expect(found).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['its data was renewed', { data: Uint8Array.of(2) }],
    ['the tip moved', { previousHash: new Uint8Array(32).fill(1) }],
  ])('takes a proof that was on its way when %s', (_, change) => {
    const { workers, pool, found } = createPuppets(1);
    pool.search(easy(1));
    pool.search({ ...hopeless(2), ...change });
    workers[0]!.events.message(foundMessage(proofFor(easy(1))));
    expect(found).toEqual([proofFor(easy(1))]);
    workers[0]!.events.message(foundMessage(proofFor(easy(1))));
    expect(found).toHaveLength(1);
  });

  it.each([
    ['whose hash is too great', hopeless(1), proofFor(hopeless(1))],
    ['for other data', easy(1), { ...proofFor(easy(1)), data: Uint8Array.of(2) }],
    ['with a proof of 7 bytes', easy(1), { ...proofFor(easy(1)), proofOfWork: new Uint8Array(7) }],
  ])('switches a kernel off everywhere for a proof %s, and goes on', (_, template, proof) => {
    const { workers, pool, found, warnings, searchesOf } = createPuppets(2);
    pool.search(template);
    workers[0]!.events.message(foundMessage(proof));
    expect(found).toEqual([]);
    expect(warnings).toEqual(['The kernel quick found a wrong proof, and is switched off.']);
    for (const worker of workers)
      expect(worker.received).toContainEqual({ type: 'switch-off', kernel: 'quick' });
    expect(searchesOf(0).at(-1)!.template).toEqual(template);
    pool.setThreads(3);
    expect(workers[2]!.received[0]).toMatchObject({
      type: 'start',
      preferred: [],
      switchedOff: ['quick'],
    });
  });

  it('lets a search choose the free bytes, as letters and digits only', () => {
    const { workers, pool, found, warnings } = createPuppets(1);
    const template = { ...easy(1), data: new Uint8Array(3), freeBytes: { offset: 1, length: 1 } };
    const chosen = (byte: number) => ({ ...proofFor(template), data: Uint8Array.of(0, byte, 0) });
    pool.search(template);
    workers[0]!.events.message(foundMessage(chosen(0x22)));
    expect(found).toEqual([]);
    expect(warnings).toHaveLength(1);
    workers[0]!.events.message(foundMessage(chosen(0x7a)));
    expect(found).toEqual([chosen(0x7a)]);
  });

  it('says once that it has stopped when every place is given up', async () => {
    let stops = 0;
    const warnings: string[] = [];
    const pool = createMiningPool(
      () => {
        throw new Error('workers are forbidden');
      },
      { threads: 2, duty: 1 },
      {
        found: () => undefined,
        warn: (text) => void warnings.push(text),
        stopped: () => void stops++,
      },
    );
    pool.search(easy(1));
    await Promise.resolve();
    expect(stops).toBe(1);
    expect(warnings.at(-1)).toBe('No worker can be kept running here: mining has stopped.');
  });

  it('replaces a worker that dies, some times, and says each time', () => {
    const { workers, pool, warnings, searchesOf } = createPuppets(1);
    pool.search(hopeless(1));
    for (let death = 0; death < 6; death++) {
      workers[death]!.events.died('out of memory');
      workers[death]!.events.died('out of memory');
    }
    expect(workers).toHaveLength(6);
    expect(workers.every((worker) => worker.isEnded)).toBe(true);
    expect(searchesOf(5).at(-1)!.template).toEqual(hopeless(1));
    expect(warnings[0]).toBe('Worker 1 died (out of memory) and was replaced.');
    expect(warnings).toHaveLength(6);
    expect(warnings[5]).toBe('Worker 1 died again (out of memory) and is not replaced any more.');
  });

  it('counts for each worker what it was sent, anew for one that replaces another', () => {
    const { workers, pool } = createPuppets(2);
    pool.search(hopeless(1));
    pool.setDuty(0.5);
    workers[0]!.events.died('out of memory');
    pool.search(null);
    const counts = workers.map(({ received }) => {
      const [first] = received;
      return first?.type === 'start' ? first.posted : null;
    });
    expect(counts.map((posted) => posted?.[0])).toEqual(
      workers.map(({ received }) => received.length),
    );
    expect(new Set(counts.map((posted) => posted?.buffer)).size).toBe(3);
  });

  it('says once what all workers say, and when no kernel is left', () => {
    const { workers, warnings } = createPuppets(2);
    for (const { events } of workers) {
      events.message({ type: 'wrong-kernel', kernel: 'quick', reason: 'it found no proof' });
      events.message({ type: 'kernel', kernel: null });
    }
    expect(warnings).toEqual([
      'The kernel quick is wrong here and stays off: it found no proof.',
      'No proof-of-work kernel works here any more: mining has stopped.',
    ]);
  });

  it('tells new workers which kernel was fastest, and remembers it', () => {
    const remembered: (readonly string[])[] = [];
    const { workers, pool } = createPuppets(1, {
      recall: () => ['old'],
      remember: (kernels) => void remembered.push(kernels),
    });
    workers[0]!.events.message({ type: 'won', kernel: 'quick' });
    pool.setThreads(2);
    expect(workers[1]!.received[0]).toMatchObject({ preferred: ['old', 'quick'] });
    expect(remembered).toEqual([['old', 'quick']]);
  });

  it('says nothing and does nothing after it was closed', () => {
    const { workers, pool, found, warnings } = createPuppets(1);
    pool.search(easy(1));
    pool.close();
    pool.search(easy(2));
    workers[0]!.events.message(foundMessage(proofFor(easy(1))));
    workers[0]!.events.died('closed');
    expect(workers).toHaveLength(1);
    expect([...found, ...warnings]).toEqual([]);
  });

  it('leaves one core free where there are several', () => {
    expect([1, 2, 8, Number.NaN].map(defaultThreads)).toEqual([1, 1, 7, 1]);
  });
});

describe('the owner of a worker that hangs', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());
  const look = (times: number) => void vi.advanceTimersByTime(times * WATCH_MS);

  it('replaces it, however often that happens, and hands its successor the search', () => {
    const { workers, pool, warnings, searchesOf } = createPuppets(1);
    pool.search(hopeless(1));
    look(12 * SILENT_LOOKS_LIMIT);
    expect(workers).toHaveLength(13);
    expect(workers.map(({ isEnded }) => isEnded)).toEqual([...Array<true>(12).fill(true), false]);
    expect(searchesOf(12).at(-1)!.template).toEqual(hopeless(1));
    expect(warnings[0]).toBe('Worker 1 said nothing any more and was replaced.');
    expect(warnings).toHaveLength(12);
    workers[0]!.events.message(foundMessage(proofFor(hopeless(1))));
    workers[0]!.events.died('late');
    expect(workers).toHaveLength(13);
    expect(warnings).toHaveLength(12);
  });

  it('leaves workers alone that report, have nothing to search, or cannot search', () => {
    const { workers, pool } = createPuppets(2);
    look(2 * SILENT_LOOKS_LIMIT);
    pool.search(hopeless(1));
    workers[1]!.events.message({ type: 'kernel', kernel: null });
    pool.search(hopeless(2));
    for (let report = 0; report < 3; report++) {
      look(SILENT_LOOKS_LIMIT - 1);
      workers[0]!.events.message({ type: 'progress', hashes: 1, elapsedMs: 250 });
    }
    expect(workers).toHaveLength(2);
    pool.search(null);
    look(2 * SILENT_LOOKS_LIMIT);
    pool.search(hopeless(3));
    pool.close();
    look(2 * SILENT_LOOKS_LIMIT);
    expect(workers).toHaveLength(2);
  });
});
