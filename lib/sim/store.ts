/**
 * A peer's store in memory: a record counts as kept once it is written, and a crash loses what was not (R28).
 */
import type { Block } from '../chain/block.ts';
import type { PersistRecord, StoredChain } from '../peer/inputs.ts';
import type { EventQueue } from './event-queue.ts';

interface Content {
  genesis: Block;
  endorsement: StoredChain['endorsement'];
  blocks: { readonly block: Block; readonly heardMs: number }[];
  readonly payments: Map<string, Uint8Array>;
  readonly transactions: Map<string, Uint8Array>;
}

interface Waiting {
  readonly record: PersistRecord;
  readonly stored: () => void;
}

export class SimulatedStore {
  readonly #queue: EventQueue;
  readonly #latencyMs: number;
  #content: Content | null = null;
  #waiting: Waiting[] = [];
  #generation = 0;

  /** @param latencyMs how long a write takes; what comes meanwhile goes out with it */
  constructor(queue: EventQueue, latencyMs: number) {
    this.#queue = queue;
    this.#latencyMs = latencyMs;
  }

  /** @param stored called when the record is kept */
  write(record: PersistRecord, nowMs: number, stored: () => void = () => {}): void {
    this.#waiting.push({ record, stored });
    if (this.#waiting.length === 1) this.#planFlush(nowMs);
  }

  /** What a restart would read. */
  read(): StoredChain | null {
    if (this.#content === null) return null;
    const { genesis, endorsement, blocks, payments, transactions } = this.#content;
    return {
      ...{ genesis, endorsement, blocks: [...blocks] },
      ...{ payments: [...payments.values()], transactions: [...transactions.values()] },
    };
  }

  /** The machine is gone. A clean end writes first what waits; a crash loses it. */
  crash(clean: boolean): void {
    if (clean) for (const { record } of this.#waiting) this.#apply(record);
    this.#waiting = [];
    this.#generation++;
  }

  #planFlush(nowMs: number): void {
    const generation = this.#generation;
    const batch = this.#waiting;
    this.#queue.push(nowMs + this.#latencyMs, () => {
      if (generation !== this.#generation) return;
      this.#waiting = [];
      for (const { record } of batch) this.#apply(record);
      for (const { stored } of batch) stored();
    });
  }

  #apply(record: PersistRecord): void {
    if (record.kind === 'genesis')
      this.#content = {
        genesis: record.block,
        endorsement: record.endorsement,
        blocks: [],
        payments: new Map(),
        transactions: new Map(),
      };
    else if (record.kind === 'blocks')
      for (const { block, heardMs } of record.entries)
        this.#content?.blocks.push({ block, heardMs });
    else {
      const { id, bytes } = record;
      const records = this.#content?.[record.kind === 'payment' ? 'payments' : 'transactions'];
      if (bytes === null) records?.delete(id);
      else records?.set(id, bytes);
    }
  }
}
