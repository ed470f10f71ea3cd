/**
 * The owner of search workers, whatever runs them: hands out templates and nonces, and trusts no worker's proof (R4, R26).
 */
import { hashBlock, isBlockShape } from '../../chain/block.ts';
import { bytesToBigint } from '../../chain/bytes.ts';
import { meetsTarget } from '../../chain/target.ts';
import type { MiningPool, PoolCallbacks, PoolOptions } from '../../pow/pool.ts';
import { checkTemplate, isDataOfTemplate, type Proof, type Template } from '../../pow/template.ts';
import type { WorkerMessage } from './messages.ts';
import { WATCH_MS, WorkerSlot, type SlotEvents, type SpawnWorker } from './worker-slot.ts';

/** More workers than any machine has use for. A nonce's first byte tells them apart, so at most 256 can be. */
export const THREADS_LIMIT = 128;
/** The graphics processor's place among the nonces. */
const GRAPHICS_INDEX = THREADS_LIMIT;
/** The least share of time that a search gets. */
export const LEAST_DUTY = 0.001;

/** One worker a core, but one, which stays for the page or the program itself. */
export function defaultThreads(cores: number): number {
  return clamp(Math.floor(cores) - 1, 1, THREADS_LIMIT);
}

/** Where the names of the kernels that were fastest here outlive a pool, so that the next one need not try all. */
export interface KernelMemory {
  recall(): readonly string[];
  remember(kernels: readonly string[]): void;
}

/** What only some worlds have. */
export interface PoolWorld {
  readonly memory?: KernelMemory | undefined;
  /** Starts the worker that searches on the graphics processor. */
  readonly spawnGraphics?: SpawnWorker | null;
}

const NO_MEMORY: KernelMemory = { recall: () => [], remember: () => undefined };

/** A pool over any kind of worker. `createWebWorkerPool` and `createThreadPool` are what others use. */
export function createMiningPool(
  spawn: SpawnWorker,
  options: PoolOptions,
  callbacks: PoolCallbacks,
  { memory = NO_MEMORY, spawnGraphics = null }: PoolWorld = {},
): MiningPool {
  /** What is searched now; null while nothing is, and after a proof was found. */
  let current: Template | null = null;
  /** The template before: a proof of it that is on its way was found in time, and its owner judges what it is worth. */
  let replaced: Template | null = null;
  let duty = clampDuty(options.duty);
  let hashes = 0;
  let kernel: string | null = null;
  let isClosed = false;
  let isStopped = false;
  const switchedOff = new Set<string>();
  const winners = new Set(memory.recall());
  const warned = new Set<string>();
  const slots: WorkerSlot[] = [];
  let graphicsSlot: WorkerSlot | null = null;
  const allSlots = () => (graphicsSlot === null ? slots : [...slots, graphicsSlot]);

  const events: SlotEvents = {
    started(slot) {
      const { posted } = slot;
      slot.post({ type: 'start', preferred: [...winners], switchedOff: [...switchedOff], posted });
      slot.post({ type: 'duty', duty });
      if (current !== null) postSearch(slot);
    },
    message: handle,
    warn,
    // A place may be given up while its pool is still being made.
    abandoned: () =>
      queueMicrotask(() => {
        if (slots.every(({ isAbandoned }) => isAbandoned))
          stop('No worker can be kept running here: mining has stopped.');
      }),
  };

  function warn(text: string): void {
    if (!isClosed) callbacks.warn(text);
  }

  /** For what every worker of a pool would say: one sentence is enough. */
  function warnOnce(text: string): void {
    if (warned.has(text)) return;
    warned.add(text);
    warn(text);
  }

  function stop(text: string): void {
    if (isClosed || isStopped) return;
    isStopped = true;
    warn(text);
    callbacks.stopped?.();
  }

  function postSearch(slot: WorkerSlot): void {
    const start = crypto.getRandomValues(new Uint8Array(8));
    start[0] = slot.index;
    slot.post({ type: 'search', template: current, start });
  }

  function postSearchToAll(): void {
    for (const slot of allSlots()) postSearch(slot);
  }

  function handle(slot: WorkerSlot, message: WorkerMessage): void {
    switch (message.type) {
      case 'kernel':
        kernel = message.kernel;
        if (kernel === null)
          stop('No proof-of-work kernel works here any more: mining has stopped.');
        break;
      case 'wrong-kernel':
        warnOnce(`The kernel ${message.kernel} is wrong here and stays off: ${message.reason}.`);
        break;
      case 'won':
        // The first worker to know decides for all that start later, and for the next time.
        winners.add(message.kernel);
        memory.remember([...winners]);
        break;
      case 'unable':
        warnOnce(`The graphics processor is not used: ${message.reason}.`);
        break;
      case 'progress':
        hashes += message.hashes;
        slot.count(message.hashes, message.elapsedMs);
        break;
      case 'found':
        handleProof(slot, message.proof, message.kernel);
        break;
    }
  }

  function handleProof(slot: WorkerSlot, proof: Proof, finder: string): void {
    const searched = [current, replaced].find((template) => template?.id === proof.templateId);
    if (current === null || searched === null || searched === undefined) return;
    if (isProofOf(searched, proof)) {
      current = null;
      replaced = null;
      postSearchToAll();
      callbacks.found(proof);
      return;
    }
    switchedOff.add(finder);
    warnOnce(`The kernel ${finder} found a wrong proof, and is switched off.`);
    for (const each of allSlots()) each.post({ type: 'switch-off', kernel: finder });
    postSearch(slot);
  }

  function setThreads(threads: number): void {
    const wanted = clamp(Math.floor(threads), 1, THREADS_LIMIT);
    while (slots.length > wanted) slots.pop()!.close();
    while (slots.length < wanted) slots.push(new WorkerSlot(slots.length, spawn, events));
  }

  function setGraphics(isOn: boolean): void {
    if (spawnGraphics === null || isOn === (graphicsSlot !== null)) return;
    if (isOn) graphicsSlot = new WorkerSlot(GRAPHICS_INDEX, spawnGraphics, events);
    else {
      graphicsSlot!.close();
      graphicsSlot = null;
    }
  }

  setThreads(options.threads);
  setGraphics(options.graphics === true);
  const watch = setInterval(() => {
    // A graphics processor that hangs is taken from its worker by the browser, which says so.
    for (const slot of slots) slot.watch();
  }, WATCH_MS);
  return {
    search(template) {
      if (isClosed) return;
      const before = current;
      current = null;
      replaced = null;
      if (template !== null) {
        const check = checkTemplate(template);
        if (check.ok) {
          current = copyOf(template);
          replaced = before;
        } else warn(`Nothing is searched: ${check.reason}.`);
      }
      postSearchToAll();
    },
    setThreads(threads) {
      if (!isClosed) setThreads(threads);
    },
    setGraphics(isOn) {
      if (!isClosed) setGraphics(isOn);
    },
    setDuty(share) {
      duty = clampDuty(share);
      for (const slot of allSlots()) slot.post({ type: 'duty', duty });
    },
    rates() {
      const perWorkerHashesPerSecond = allSlots().map((slot) => slot.hashesPerSecond());
      const totalHashesPerSecond = perWorkerHashesPerSecond.reduce((sum, rate) => sum + rate, 0);
      return { totalHashesPerSecond, perWorkerHashesPerSecond, hashes, kernel };
    },
    close() {
      isClosed = true;
      clearInterval(watch);
      for (const slot of allSlots()) slot.close();
      slots.length = 0;
      graphicsSlot = null;
    },
  };
}

/** Decides with an independent SHA-256 and without any trust in the worker. */
function isProofOf(template: Template, proof: Proof): boolean {
  const block = { ...template, data: proof.data, proofOfWork: proof.proofOfWork };
  return (
    isBlockShape(block) &&
    isDataOfTemplate(proof.data, template) &&
    meetsTarget(hashBlock(block), bytesToBigint(template.target))
  );
}

/** A message carries the whole buffer behind an array, and the owner may change its arrays later. */
function copyOf(template: Template): Template {
  return {
    ...template,
    data: template.data.slice(),
    previousHash: template.previousHash.slice(),
    target: template.target.slice(),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Number.isNaN(value) ? least : value));
}

const clampDuty = (duty: number) => clamp(duty, LEAST_DUTY, 1);
