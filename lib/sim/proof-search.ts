/**
 * Mining without the wait: when a proof will be found is drawn, and only then a real one is searched (R8, R31).
 *
 * Worlds use targets of about 64 hashes a block, and hash rates of a few hashes a second, so that blocks come as far
 * apart as in a room of real machines. The time until a proof is exponential with mean
 * hashes per proof ÷ (hashes per second × duty); a change of template, duty or rate keeps what was left of the draw,
 * scaled, which is right because the exponential distribution has no memory. The proof that `found` then carries is a
 * real one, so that every peer can check it as always; searching it takes about 0.1 ms and no virtual time.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { HASH_BYTES, PROOF_BYTES } from '../chain/block.ts';
import { bytesToBigint, compareBytes } from '../chain/bytes.ts';
import { workOfTarget } from '../chain/target.ts';
import type { Proof, Template } from '../pow/template.ts';
import type { EventQueue } from './event-queue.ts';
import type { Random } from './random.ts';

/** The search of one machine. */
export class ProofSearch {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #found: (proof: Proof) => void;
  #hashesPerSecond: number;
  #duty = 1;
  #template: Template | null = null;
  #hashesPerProof = 1;
  /** Of which that was computed: most templates differ in their time alone. */
  #target: Uint8Array | null = null;
  /** Proofs still to be "earned" until the next one is there; null before the first search. */
  #remaining: number | null = null;
  #sinceMs = 0;
  /** When the event planned last will look again; it stays planned when the proof moves further away. */
  #plannedMs = Number.POSITIVE_INFINITY;
  #generation = 0;

  constructor(
    queue: EventQueue,
    random: Random,
    hashesPerSecond: number,
    found: (proof: Proof) => void,
  ) {
    this.#queue = queue;
    this.#random = random;
    this.#hashesPerSecond = hashesPerSecond;
    this.#found = found;
  }

  get isActive(): boolean {
    return this.#template !== null;
  }

  setTemplate(template: Template | null, nowMs: number): void {
    this.#settle(nowMs);
    this.#template = template;
    if (template !== null) {
      if (template.target !== this.#target)
        this.#hashesPerProof = Number(workOfTarget(bytesToBigint(template.target)));
      this.#target = template.target;
      this.#remaining ??= this.#random.exponential();
    }
    this.#plan(nowMs);
  }

  setDuty(duty: number, nowMs: number): void {
    this.#settle(nowMs);
    this.#duty = duty;
    this.#plan(nowMs);
  }

  setPower(hashesPerSecond: number, nowMs: number): void {
    this.#settle(nowMs);
    this.#hashesPerSecond = hashesPerSecond;
    this.#plan(nowMs);
  }

  /** Ends the search for good; its machine has crashed. */
  stop(): void {
    this.#template = null;
    this.#generation++;
    this.#plannedMs = Number.POSITIVE_INFINITY;
  }

  #proofsPerMs(): number {
    if (this.#template === null) return 0;
    return (this.#hashesPerSecond * this.#duty) / (1000 * this.#hashesPerProof);
  }

  #settle(nowMs: number): void {
    if (this.#remaining !== null)
      this.#remaining = Math.max(
        0,
        this.#remaining - (nowMs - this.#sinceMs) * this.#proofsPerMs(),
      );
    this.#sinceMs = nowMs;
  }

  #plan(nowMs: number): void {
    const perMs = this.#proofsPerMs();
    if (perMs === 0 || this.#remaining === null) return;
    const dueMs = nowMs + this.#remaining / perMs;
    if (dueMs >= this.#plannedMs) return;
    this.#plannedMs = dueMs;
    const generation = ++this.#generation;
    this.#queue.push(dueMs, () => {
      if (generation === this.#generation) this.#look(dueMs);
    });
  }

  #look(nowMs: number): void {
    this.#plannedMs = Number.POSITIVE_INFINITY;
    this.#settle(nowMs);
    const template = this.#template;
    // Rounding may leave a crumb of the draw; it must not be waited for in ever smaller steps.
    if (template === null || this.#remaining! > 1e-9) return this.#plan(nowMs);
    this.#remaining = this.#random.exponential();
    this.#template = null;
    const proofOfWork = searchProof(
      template.data,
      template.previousHash,
      template.target,
      this.#random.uint32(),
    );
    this.#found({ templateId: template.id, data: template.data, proofOfWork });
  }
}

/** A real proof for these bytes, by trying one after the other. Meant for targets that a few thousand hashes meet. */
export function searchProof(
  data: Uint8Array,
  previousHash: Uint8Array,
  target: Uint8Array,
  firstNonce: number,
): Uint8Array {
  const midstate = sha256.create().update(data).update(previousHash);
  // One hash object for all tries: making one for each takes longer than hashing.
  const attempt = midstate.clone();
  const hash = new Uint8Array(HASH_BYTES);
  const proof = new Uint8Array(PROOF_BYTES);
  const view = new DataView(proof.buffer);
  view.setUint32(0, firstNonce);
  for (let nonce = 0; ; nonce++) {
    view.setUint32(4, nonce);
    midstate._cloneInto(attempt).update(proof).digestInto(hash);
    if (compareBytes(hash, target) <= 0) return proof;
  }
}
