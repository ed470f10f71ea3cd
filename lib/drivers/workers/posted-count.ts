/**
 * How a busy worker learns that messages wait without letting them in to see: its owner counts what it posts, in memory
 * that both share. Node always has such memory, a page has it where it is isolated from other origins (R8).
 */

/** How many messages a worker was sent in its life, in the only element; beyond 32 bits it wraps around. */
export type PostedCount = Int32Array<SharedArrayBuffer>;

/** A count for one worker; null where memory cannot be shared. */
export function createPostedCount(): PostedCount | null {
  // Node has no such property. A page that has it false may know the buffer, and yet must not send it.
  const isIsolated = globalThis.crossOriginIsolated as boolean | undefined;
  if (isIsolated === false || globalThis.SharedArrayBuffer === undefined) return null;
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Counts one more. To be called behind the post itself, so that a worker that sees the count finds the message. */
export function countPosted(posted: PostedCount): void {
  Atomics.add(posted, 0, 1);
}

/** The worker's side: what has come of what was posted. */
export class Mailbox {
  #posted: PostedCount | null = null;
  #received = 0;

  /** Takes over the count that this worker's owner keeps; null where there is none. */
  open(posted: PostedCount | null): void {
    this.#posted = posted;
  }

  /** Whether {@link isEmpty} is of use. */
  get isShared(): boolean {
    return this.#posted !== null;
  }

  /** Takes note of a message that has come; to be called for every one. */
  receive(): void {
    this.#received = (this.#received + 1) | 0;
  }

  /** Whether all that was posted has come. A message that is late keeps this false, and so none is ever missed. */
  isEmpty(): boolean {
    return this.#posted === null || Atomics.load(this.#posted, 0) === this.#received;
  }
}
