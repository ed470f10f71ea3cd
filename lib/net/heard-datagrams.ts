/**
 * Datagrams whose blocks are kept: miners repeat themselves, networks double, and attackers replay (R9). One that comes
 * again byte for byte need not be read and hashed again.
 */
import { equalBytes, type HashHex } from '../chain/bytes.ts';
import type { PreviousField } from '../chain/codec.ts';

/** What is repeated are the last blocks; one that was forgotten costs what a new one costs. */
export const HEARD_DATAGRAMS_LIMIT = 2_048;
/** More than a block takes under both names of its parent; longer ones are padded, and not worth the memory. */
export const HEARD_DATAGRAM_LIMIT_BYTES = 8_192;

/** Bytes at the end that tell datagrams apart: miners write the proof of work last. */
const KEY_BYTES = 48;

/** The block of a datagram. */
export interface HeardBlock {
  readonly hash: HashHex;
  readonly field: PreviousField;
}

interface HeardDatagram {
  readonly bytes: Uint8Array;
  readonly block: HeardBlock;
}

export class HeardDatagrams {
  /** By a key that a sender can make collide: then one of the two is remembered. Oldest first. */
  readonly #byKey = new Map<number, HeardDatagram>();

  get size(): number {
    return this.#byKey.size;
  }

  /** The block of a datagram that is remembered; undefined where another one or none is. */
  find(bytes: Uint8Array): HeardBlock | undefined {
    const heard = this.#byKey.get(keyOf(bytes));
    return heard !== undefined && equalBytes(heard.bytes, bytes) ? heard.block : undefined;
  }

  /** Remembers a datagram; the block must be kept, so that somebody has worked for it. At the limit the oldest leaves. */
  remember(bytes: Uint8Array, block: HeardBlock): void {
    if (bytes.length > HEARD_DATAGRAM_LIMIT_BYTES) return;
    const key = keyOf(bytes);
    if (this.#byKey.size >= HEARD_DATAGRAMS_LIMIT && !this.#byKey.has(key))
      this.#byKey.delete(this.#byKey.keys().next().value!);
    // Drivers may use their buffers again.
    this.#byKey.set(key, { bytes: new Uint8Array(bytes), block });
  }
}

/** FNV-1a of the last bytes, in 30 bits, which engines keep without allocation. */
function keyOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  for (let i = Math.max(0, bytes.length - KEY_BYTES); i < bytes.length; i++)
    hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 2;
}
