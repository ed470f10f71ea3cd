/**
 * A search for proofs at so many hashes a second (R4, R18): real work, but so little that one machine can bear the
 * nodes of a whole company.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { HASH_BYTES, PROOF_BYTES } from '../../chain/block.ts';
import { compareBytes } from '../../chain/bytes.ts';
import type { Proof, Template } from '../../pow/template.ts';

/** A machine that stood still does not make up for longer than this. */
const CATCH_UP_LIMIT_MS = 500;

export class PacedSearch {
  readonly #hashesPerSecond: number;
  readonly #found: (proof: Proof) => void;
  readonly #proof = new Uint8Array(PROOF_BYTES);
  readonly #view = new DataView(this.#proof.buffer);
  #template: Template | null = null;
  #midstate = sha256.create();
  #nonce: number;
  #owed = 0;
  #sinceMs = 0;

  /** @param firstNonce another one for each miner, so that no two try the same */
  constructor(hashesPerSecond: number, firstNonce: number, found: (proof: Proof) => void) {
    this.#hashesPerSecond = hashesPerSecond;
    this.#nonce = firstNonce;
    this.#found = found;
  }

  setTemplate(template: Template | null, nowMs: number): void {
    this.#template = template;
    this.#sinceMs = Math.max(this.#sinceMs, nowMs - CATCH_UP_LIMIT_MS);
    if (template !== null)
      this.#midstate = sha256.create().update(template.data).update(template.previousHash);
  }

  /** Tries as many hashes as are due by now. */
  run(nowMs: number): void {
    const elapsedMs = Math.min(nowMs - this.#sinceMs, CATCH_UP_LIMIT_MS);
    this.#sinceMs = nowMs;
    const template = this.#template;
    if (template === null) return;
    this.#owed += (this.#hashesPerSecond * elapsedMs) / 1_000;
    const attempt = this.#midstate.clone();
    const hash = new Uint8Array(HASH_BYTES);
    for (; this.#owed >= 1; this.#owed--) {
      this.#view.setUint32(0, this.#nonce / 2 ** 32);
      this.#view.setUint32(4, this.#nonce++ >>> 0);
      this.#midstate._cloneInto(attempt).update(this.#proof).digestInto(hash);
      if (compareBytes(hash, template.target) > 0) continue;
      this.#template = null;
      const { id: templateId, data } = template;
      this.#found({ templateId, data, proofOfWork: this.#proof.slice() });
      return;
    }
  }
}
