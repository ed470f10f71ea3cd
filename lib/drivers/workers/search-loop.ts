/**
 * The program of a search worker: short batches of hashes, and room between them for messages from its owner (R8).
 * Where the owner counts its messages in shared memory, there is a look at the count between two batches, and room only
 * when a message waits; else there is room after each.
 */
import { chooseKernel } from '../../pow/choice.ts';
import type { Kernel } from '../../pow/kernel.ts';
import type { Template } from '../../pow/template.ts';
import { BATCH_MS, BatchLength, LOOK_MS, LOOKS_PER_YIELD } from './batch-length.ts';
import type { OwnerMessage, WorkerMessage } from './messages.ts';
import { Mailbox } from './posted-count.ts';

/** Pauses of the duty cycle are saved up to this length, because timers are no finer than a few milliseconds. */
const LEAST_PAUSE_MS = 10;
/** No pause is longer, so that a clock that jumped does not stop the search. */
const MOST_PAUSE_MS = 500;
/** Hashes are reported this often. */
const REPORT_MS = 250;

/** What differs between a Web Worker and a Node thread. */
export interface WorkerWorld {
  post(message: WorkerMessage): void;
  /** Calls back after messages that wait have been received. */
  yieldToMessages(resume: () => void): void;
  sleep(ms: number, resume: () => void): void;
  nowMs(): number;
}

/** Starts the program; returns what takes the owner's messages. */
export function startSearchLoop(world: WorkerWorld): (message: OwnerMessage) => void {
  const switchedOff = new Set<string>();
  const preferred = new Set<string>();
  let kernel: Kernel | null = null;
  let template: Template | null = null;
  let start: Uint8Array = new Uint8Array(8);
  let duty = 1;
  /** What the owner was told last of the kernel in use. */
  let namedKernel: string | null | undefined;
  const mailbox = new Mailbox();
  let batch = new BatchLength(BATCH_MS);
  /** Time that the duty cycle still owes to others. */
  let owedMs = 0;
  /** True while a turn is about to come. */
  let isScheduled = false;
  let unreportedHashes = 0;
  let reportedAtMs = 0;

  function choose(): void {
    kernel = chooseKernel({
      switchedOff,
      preferred,
      nowMs: world.nowMs,
      wrong(name, reason) {
        switchedOff.add(name);
        world.post({ type: 'wrong-kernel', kernel: name, reason });
      },
      won(name) {
        preferred.add(name);
        world.post({ type: 'won', kernel: name });
      },
    });
    prepare();
  }

  function prepare(): void {
    if (template === null) return;
    if (kernel === null || !kernel.prepare(template, start)) {
      template = null;
      nameKernel(null);
      return;
    }
    nameKernel(kernel.name);
    if (isScheduled) return;
    isScheduled = true;
    reportedAtMs = world.nowMs();
    world.yieldToMessages(runTurn);
  }

  function nameKernel(name: string | null): void {
    if (name === namedKernel) return;
    namedKernel = name;
    world.post({ type: 'kernel', kernel: name });
  }

  function report(nowMs: number): void {
    if (unreportedHashes === 0) return;
    const elapsedMs = nowMs - reportedAtMs;
    world.post({ type: 'progress', hashes: unreportedHashes, elapsedMs });
    unreportedHashes = 0;
    reportedAtMs = nowMs;
  }

  /** The batches between two yields. */
  function runTurn(): void {
    const startedMs = world.nowMs();
    if (template === null || kernel === null) {
      isScheduled = false;
      report(startedMs);
      return;
    }
    let tried = 0;
    for (let left = batchesOfTurn(); left > 0 && template !== null; left--) {
      tried += runBatch(kernel, template);
      if (!mailbox.isEmpty()) break;
    }
    const endedMs = world.nowMs();
    nameKernel(kernel.name);
    const elapsedMs = endedMs - startedMs;
    unreportedHashes += tried;
    batch.count(tried, elapsedMs);
    if (endedMs - reportedAtMs >= REPORT_MS) report(endedMs);
    owedMs = Math.max(0, owedMs) + (elapsedMs * (1 - duty)) / duty;
    if (owedMs < LEAST_PAUSE_MS) world.yieldToMessages(runTurn);
    else pause(endedMs);
  }

  function batchesOfTurn(): number {
    if (!mailbox.isShared) return 1;
    // No longer than until a pause is due.
    const searchMs = (LEAST_PAUSE_MS * duty) / (1 - duty);
    return Math.min(LOOKS_PER_YIELD, Math.ceil(searchMs / LOOK_MS));
  }

  /** Searches for so long, or until a proof is found, and returns how many hashes that took. */
  function runBatch(kernel: Kernel, searched: Template): number {
    let tried = 0;
    while (tried < batch.hashes) {
      const { hashes, proof } = kernel.search(batch.hashes - tried);
      tried += hashes;
      if (proof === null) continue;
      const { id: templateId } = searched;
      world.post({ type: 'found', kernel: kernel.name, proof: { templateId, ...proof } });
      template = null;
      break;
    }
    return tried;
  }

  function pause(fromMs: number): void {
    world.sleep(Math.min(owedMs, MOST_PAUSE_MS), () => {
      owedMs = Math.min(owedMs, MOST_PAUSE_MS) - (world.nowMs() - fromMs);
      runTurn();
    });
  }

  return (message) => {
    mailbox.receive();
    switch (message.type) {
      case 'start':
        mailbox.open(message.posted);
        if (mailbox.isShared) batch = new BatchLength(LOOK_MS);
        for (const name of message.preferred) preferred.add(name);
        for (const name of message.switchedOff) switchedOff.add(name);
        choose();
        break;
      case 'search':
        ({ template, start } = message);
        prepare();
        break;
      case 'duty':
        duty = message.duty;
        break;
      case 'switch-off':
        if (switchedOff.has(message.kernel)) break;
        switchedOff.add(message.kernel);
        choose();
        break;
    }
  };
}
