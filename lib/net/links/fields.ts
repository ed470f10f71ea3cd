/**
 * Reads and writes the fields of the links' binary frames, one after the other, integers big-endian (R19).
 */
import { bytesToHex, concatBytes, readHex } from '../../chain/bytes.ts';

/** Counters have six bytes: at a million a second they last for nine years, and a JavaScript number holds them exactly. */
export const COUNTER_BYTES = 6;
/** Random numbers that tell lives and sessions apart: eight bytes do not repeat by accident. */
export const NONCE_BYTES = 8;

const TWO_32 = 2 ** 32;

/** A counter of {@link COUNTER_BYTES} bytes. */
export function writeCounter(value: number): Uint8Array {
  const bytes = new Uint8Array(COUNTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(value / TWO_32));
  view.setUint32(2, value % TWO_32);
  return bytes;
}

/** The bytes of a nonce given as hex. */
export function writeNonce(nonce: string): Uint8Array {
  return readHex(nonce)!;
}

/** One frame: its kind as a byte, then its fields. */
export function writeFrame(kind: number, ...fields: Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(kind), ...fields);
}

/** Reads fields in order. Where the bytes end too early, `failed` becomes true and what is read is worthless. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Whether every byte has been read, and none was missing. */
  get isDone(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  counter(): number {
    const field = this.take(COUNTER_BYTES);
    if (this.#failed) return 0;
    const view = new DataView(field.buffer, field.byteOffset, COUNTER_BYTES);
    return view.getUint16(0) * TWO_32 + view.getUint32(2);
  }

  /** A nonce as hex. */
  nonce(): string {
    return bytesToHex(this.take(NONCE_BYTES));
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) {
      this.#failed = true;
      return new Uint8Array(0);
    }
    const field = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return field;
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#at);
  }
}
