/**
 * The bytes of kept blocks, packed one behind the other in a few large chunks of memory, as in a log-structured file
 * system: what is dropped leaves a gap, and a chunk that is mostly gaps is emptied into the newest one.
 *
 * A record is its row in the index (4 bytes), the length of its data (2), the proof of work (8), the data, filled up to
 * a multiple of 4. The previous hash is not stored: it is the hash of the parent, which the index has.
 */
import { PROOF_BYTES } from './block.ts';

/** Small enough to be emptied within a fraction of a millisecond, large enough for 64 of the largest blocks. */
const CHUNK_BYTES = 1 << 18;
/** A short chain takes little: the first chunk starts with this, and doubles. */
const FIRST_CHUNK_BYTES = 1 << 10;
/** A position is a chunk's number (16 bits) and a record's place in it in units of 4 bytes (16 bits): 16 GiB in all. */
const CHUNK_LIMIT = 1 << 16;
const UNIT_BYTES = 4;
const LOOPED_COPY_BYTES = 32;
const HEADER_BYTES = 4 + 2 + PROOF_BYTES;

interface Chunk {
  bytes: Uint8Array;
  /** Bytes written so far. */
  used: number;
  /** Bytes of records that were dropped. */
  dead: number;
}

export class BlockLog {
  readonly #moved: (row: number, position: number) => void;
  readonly #positionOf: (row: number) => number;
  readonly #chunks: (Chunk | null)[] = [];
  readonly #freeChunks: number[] = [];
  #open: number;

  /**
   * @param positionOf where the owner believes a row's record to be
   * @param moved is told of each record that was moved
   */
  constructor(positionOf: (row: number) => number, moved: (row: number, position: number) => void) {
    this.#positionOf = positionOf;
    this.#moved = moved;
    this.#open = this.#openChunk(FIRST_CHUNK_BYTES);
  }

  /** Memory that the log takes, gaps and free space included. */
  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk?.bytes.length ?? 0), 0);
  }

  /** Stores a block's data and proof for a row; returns their position. */
  add(row: number, data: Uint8Array, proofOfWork: Uint8Array): number {
    const at = this.#reserve(sizeOf(data.length));
    const { bytes } = this.#chunks[this.#open]!;
    bytes[at] = row >>> 24;
    bytes[at + 1] = row >>> 16;
    bytes[at + 2] = row >>> 8;
    bytes[at + 3] = row;
    bytes[at + 4] = data.length >>> 8;
    bytes[at + 5] = data.length;
    copyInto(bytes, at + 6, proofOfWork);
    copyInto(bytes, at + HEADER_BYTES, data);
    return this.#positionAt(at);
  }

  /** Copies of a record's data and proof. */
  read(position: number): { data: Uint8Array; proofOfWork: Uint8Array } {
    const { bytes, at } = this.#locate(position);
    const end = at + HEADER_BYTES + dataLengthAt(bytes, at);
    return {
      data: bytes.slice(at + HEADER_BYTES, end),
      proofOfWork: bytes.slice(at + 6, at + HEADER_BYTES),
    };
  }

  /** Drops a record. Its row must no longer claim the position. */
  remove(position: number): void {
    const { bytes, at } = this.#locate(position);
    const index = position >>> 16;
    const chunk = this.#chunks[index]!;
    chunk.dead += sizeOf(dataLengthAt(bytes, at));
    if (index !== this.#open && 2 * chunk.dead > chunk.used) this.#empty(index);
  }

  #locate(position: number): { bytes: Uint8Array; at: number } {
    return { bytes: this.#chunks[position >>> 16]!.bytes, at: (position & 0xffff) * UNIT_BYTES };
  }

  /** Moves what is left of a chunk into the newest one, and lets the chunk go. */
  #empty(index: number): void {
    const { bytes, used } = this.#chunks[index]!;
    for (let at = 0; at < used;) {
      const size = sizeOf(dataLengthAt(bytes, at));
      const row =
        (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      if (this.#positionOf(row) === positionIn(index, at)) {
        const to = this.#reserve(size);
        this.#chunks[this.#open]!.bytes.set(bytes.subarray(at, at + size), to);
        this.#moved(row, this.#positionAt(to));
      }
      at += size;
    }
    this.#chunks[index] = null;
    this.#freeChunks.push(index);
  }

  /** Makes room in the newest chunk; returns where. */
  #reserve(size: number): number {
    let chunk = this.#chunks[this.#open]!;
    while (chunk.used + size > chunk.bytes.length) {
      if (chunk.bytes.length < CHUNK_BYTES) {
        const bytes = new Uint8Array(2 * chunk.bytes.length);
        bytes.set(chunk.bytes);
        chunk.bytes = bytes;
      } else {
        const full = this.#open;
        this.#open = this.#openChunk(CHUNK_BYTES);
        // What was dropped while the chunk was the newest one.
        if (2 * chunk.dead > chunk.used) this.#empty(full);
        chunk = this.#chunks[this.#open]!;
      }
    }
    const at = chunk.used;
    chunk.used += size;
    return at;
  }

  #openChunk(size: number): number {
    const index = this.#freeChunks.pop() ?? this.#chunks.length;
    // The last number is left out: its last position would read as "none".
    if (index >= CHUNK_LIMIT - 1) throw new RangeError('block bytes beyond 16 GiB');
    this.#chunks[index] = { bytes: new Uint8Array(size), used: 0, dead: 0 };
    return index;
  }

  #positionAt(at: number): number {
    return positionIn(this.#open, at);
  }
}

/** A loop copies a few bytes faster than a call does. */
function copyInto(bytes: Uint8Array, at: number, source: Uint8Array): void {
  if (source.length > LOOPED_COPY_BYTES) bytes.set(source, at);
  else for (let i = 0; i < source.length; i++) bytes[at + i] = source[i]!;
}

/** As a signed 32-bit number, since that is how the index keeps it. */
function positionIn(chunk: number, at: number): number {
  return (chunk << 16) | (at / UNIT_BYTES);
}

function sizeOf(dataLength: number): number {
  return (HEADER_BYTES + dataLength + UNIT_BYTES - 1) & ~(UNIT_BYTES - 1);
}

function dataLengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at + 4]! << 8) | bytes[at + 5]!;
}
