/**
 * The program of a search worker: short batches of hashes, and room between them for messages from its owner (R8).
 */
import { chooseKernel } from '../../pow/choice.ts';
import type { Kernel } from '../../pow/kernel.ts';
import type { Template } from '../../pow/template.ts';
import { BatchLength } from './batch-length.ts';
import type { OwnerMessage, WorkerMessage } from './messages.ts';

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
  const batch = new BatchLength();
  /** Time that the duty cycle still owes to others. */
  let owedMs = 0;
  /** True while a batch is about to come. */
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
    world.yieldToMessages(runBatch);
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

  function runBatch(): void {
    const startedMs = world.nowMs();
    if (template === null || kernel === null) {
      isScheduled = false;
      report(startedMs);
      return;
    }
    let left = batch.hashes;
    let tried = 0;
    while (left > 0 && template !== null) {
      const { hashes, proof } = kernel.search(left);
      left -= hashes;
      tried += hashes;
      if (proof === null) continue;
      world.post({
        type: 'found',
        kernel: kernel.name,
        proof: { templateId: template.id, ...proof },
      });
      template = null;
    }
    const endedMs = world.nowMs();
    nameKernel(kernel.name);
    const elapsedMs = endedMs - startedMs;
    unreportedHashes += tried;
    batch.count(tried, elapsedMs);
    if (endedMs - reportedAtMs >= REPORT_MS) report(endedMs);
    owedMs = Math.max(0, owedMs) + (elapsedMs * (1 - duty)) / duty;
    if (owedMs < LEAST_PAUSE_MS) world.yieldToMessages(runBatch);
    else pause(endedMs);
  }

  function pause(fromMs: number): void {
    world.sleep(Math.min(owedMs, MOST_PAUSE_MS), () => {
      owedMs = Math.min(owedMs, MOST_PAUSE_MS) - (world.nowMs() - fromMs);
      runBatch();
    });
  }

  return (message) => {
    switch (message.type) {
      case 'start':
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
