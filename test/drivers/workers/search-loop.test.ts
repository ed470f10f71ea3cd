import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlock } from '../../../lib/chain/block.ts';
import { MAX_TARGET, meetsTarget, targetToBytes } from '../../../lib/chain/target.ts';
import { LOOKS_PER_YIELD } from '../../../lib/drivers/workers/batch-length.ts';
import type { OwnerMessage, WorkerMessage } from '../../../lib/drivers/workers/messages.ts';
import { countPosted, createPostedCount } from '../../../lib/drivers/workers/posted-count.ts';
import { startSearchLoop } from '../../../lib/drivers/workers/search-loop.ts';
import { HEATS } from '../../../lib/pow/choice.ts';
import type { Proof, Template } from '../../../lib/pow/template.ts';

/** About 4,000 hashes a proof, which are some batches. */
const EASY = 1n << 244n;
const HOPELESS = 1n << 100n;
/** One kernel alone, so that nonces are tried in one order. */
const switchedOff = HEATS.flat()
  .map(({ name }) => name)
  .filter((name) => name !== 'js');
/** Times that a worker reads its clock around one batch. */
const READINGS_PER_BATCH = 2;

function templateOf(id: number, target: bigint): Template {
  return {
    id,
    data: new Uint8Array(12).fill(65),
    previousHash: new Uint8Array(32).fill(id),
    target: targetToBytes(target),
  };
}

/** A worker whose turns and messages come when the test says so; its clock stands unless the test moves it. */
function createWorker(isShared: boolean) {
  const posted = isShared ? createPostedCount() : null;
  const underWay: OwnerMessage[] = [];
  const said: WorkerMessage[] = [];
  const worker = {
    said,
    nowMs: 0,
    readings: 0,
    /** Called with the number of each reading of the clock, which batches begin and end with. */
    reading: (_number: number): void => undefined,
    resume: null as (() => void) | null,
    sleptMs: null as number | null,
    /** As a pool does it. */
    post(message: OwnerMessage): void {
      underWay.push(message);
      if (posted !== null) countPosted(posted);
    },
    deliver(): void {
      for (const message of underWay.splice(0)) receive(message);
    },
    /** Runs to the next yield; returns how often the clock was read. */
    turn(): number {
      const { resume } = worker;
      worker.resume = null;
      worker.readings = 0;
      resume!();
      return worker.readings;
    },
    found: (): Proof[] =>
      said.flatMap((message) => (message.type === 'found' ? message.proof : [])),
  };
  const receive = startSearchLoop({
    post: (message) => void said.push(message),
    yieldToMessages: (resume) => void (worker.resume = resume),
    sleep(ms, resume) {
      worker.sleptMs = ms;
      worker.resume = resume;
    },
    nowMs() {
      worker.reading(++worker.readings);
      return worker.nowMs;
    },
  });
  worker.post({ type: 'start', preferred: [], switchedOff, posted });
  return worker;
}

const search = (template: Template | null, start = new Uint8Array(8)): OwnerMessage => ({
  type: 'search',
  template,
  start,
});

/** A worker at a search that finds nothing, about to begin a turn. */
const createBusyWorker = (isShared: boolean) => makeBusy(createWorker(isShared));

function makeBusy(worker: ReturnType<typeof createWorker>) {
  worker.said.length = 0;
  worker.reading = () => undefined;
  worker.post(search(templateOf(1, HOPELESS)));
  worker.deliver();
  return worker;
}

describe.each([
  ['with shared memory', true],
  ['without shared memory', false],
])('a search worker %s', (_, isShared) => {
  it('finds what the other one finds, among its own nonces', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.integer({ min: 1, max: 255 }),
        (start, id) => {
          const proofs = [isShared, !isShared].map((each) => {
            const worker = createWorker(each);
            worker.post(search(templateOf(id, EASY), start));
            worker.deliver();
            while (worker.found().length === 0) worker.turn();
            return worker.found()[0]!;
          });
          expect(proofs[0]).toEqual(proofs[1]);
          const [proof] = proofs;
          expect(proof!.proofOfWork[0]).toBe(start[0]);
          const block = { ...templateOf(id, EASY), ...proof! };
          expect(meetsTarget(hashBlock(block), EASY)).toBe(true);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('stops when it is told to, and starts again', () => {
    const worker = createBusyWorker(isShared);
    worker.post(search(null));
    worker.deliver();
    worker.turn();
    expect(worker.resume).toBeNull();
    worker.post(search(templateOf(2, MAX_TARGET)));
    worker.deliver();
    worker.turn();
    expect(worker.found().map(({ templateId }) => templateId)).toEqual([2]);
    worker.turn();
    expect(worker.resume).toBeNull();
  });

  it('pauses for what its share of the time asks, and searches on', () => {
    const worker = createBusyWorker(isShared);
    worker.post({ type: 'duty', duty: 0.25 });
    worker.deliver();
    let searchedMs = 0;
    worker.reading = () => {
      worker.nowMs += 0.5;
      searchedMs += 0.5;
    };
    while (worker.sleptMs === null) worker.turn();
    expect(worker.sleptMs).toBeGreaterThanOrEqual(10);
    expect(worker.sleptMs).toBeLessThanOrEqual(3 * searchedMs);
    worker.nowMs += worker.sleptMs;
    worker.post(search(templateOf(2, MAX_TARGET)));
    worker.deliver();
    worker.turn();
    expect(worker.found()).toHaveLength(1);
  });
});

describe('a search worker that looks at what its owner posts', () => {
  const quietReadings = createBusyWorker(true).turn();

  it('yields seldom, while one that cannot look yields after each batch', () => {
    expect(quietReadings).toBeGreaterThan(READINGS_PER_BATCH * LOOKS_PER_YIELD);
    expect(createBusyWorker(false).turn()).toBeLessThan(2 * READINGS_PER_BATCH + 2);
  });

  it('lets a new template in at the end of the batch during which it came', () => {
    const worker = createWorker(true);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: quietReadings - 1 }), (at) => {
        makeBusy(worker);
        worker.reading = (number) => {
          if (number === at) worker.post(search(templateOf(2, MAX_TARGET)));
        };
        expect(worker.turn()).toBeLessThanOrEqual(at + 2 * READINGS_PER_BATCH);
        worker.deliver();
        worker.turn();
        expect(worker.found().map(({ templateId }) => templateId)).toEqual([2]);
      }),
      { numRuns: 20 },
    );
  });

  it('goes on in single batches until a late message has come, and in long turns after it', () => {
    const worker = createWorker(true);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: quietReadings }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        (at, turnsLate, messages) => {
          makeBusy(worker);
          worker.reading = (number) => {
            if (number !== at) return;
            for (let id = 2; id < 2 + messages; id++) worker.post(search(templateOf(id, HOPELESS)));
          };
          // Posted behind the last look, it is seen by the first of the next turn.
          worker.turn();
          worker.reading = () => undefined;
          for (let turn = 0; turn < turnsLate; turn++)
            expect(worker.turn()).toBeLessThan(2 * READINGS_PER_BATCH + 2);
          worker.deliver();
          expect(worker.turn()).toBe(quietReadings);
          worker.post(search(templateOf(9, MAX_TARGET)));
          worker.deliver();
          worker.turn();
          expect(worker.found().map(({ templateId }) => templateId)).toEqual([9]);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('searches no longer in a row than its share of the time allows', () => {
    const worker = createBusyWorker(true);
    const readingsAt = (duty: number): number => {
      worker.post({ type: 'duty', duty });
      worker.deliver();
      return worker.turn();
    };
    expect(readingsAt(0.001)).toBeLessThan(2 * READINGS_PER_BATCH + 2);
    expect(readingsAt(0.05)).toBeGreaterThan(2 * READINGS_PER_BATCH + 2);
    expect(readingsAt(0.05)).toBeLessThan(quietReadings);
    expect(readingsAt(1)).toBe(quietReadings);
  });
});
