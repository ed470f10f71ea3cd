/**
 * One number for all that happened in a world: equal digests mean equal runs (R31).
 *
 * Four lanes of 32 bits, mixed as MurmurHash3 mixes its words. It tells runs apart by accident, not against an enemy.
 */

export class EventDigest {
  readonly #lanes = new Int32Array([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]);
  readonly #float = new DataView(new ArrayBuffer(8));
  #lane = 0;

  addNumber(value: number): void {
    this.#float.setFloat64(0, value);
    this.#mix(this.#float.getInt32(0));
    this.#mix(this.#float.getInt32(4));
  }

  /** A whole number of 32 bits. */
  addWord(word: number): void {
    this.#mix(word);
  }

  addBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    const whole = length - (length % 4);
    const lanes = this.#lanes;
    // Most of what a world mixes in are messages: their lanes are held in variables meanwhile.
    let lane = this.#lane;
    let own = lanes[lane]!;
    for (let i = 0; i < whole; i += 4) {
      const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      const nextLane = (lane + 1) & 3;
      const next = lanes[nextLane]!;
      lanes[lane] = mix(own, word, next);
      lane = nextLane;
      own = next;
    }
    this.#lane = lane;
    let rest = 0;
    for (let i = whole; i < length; i++) rest = (rest << 8) | bytes[i]!;
    this.#mix(rest);
    this.#mix(length);
  }

  /** 32 hex digits. */
  get hex(): string {
    const lanes = this.#lanes;
    let text = '';
    for (let i = 0; i < 4; i++) {
      // Every digit depends on every lane.
      let word = lanes[i]! ^ Math.imul(lanes[(i + 1) % 4]!, 0x85ebca6b);
      word ^=
        Math.imul(lanes[(i + 2) % 4]!, 0xc2b2ae35) ^ Math.imul(lanes[(i + 3) % 4]!, 0x27d4eb2f);
      word ^= word >>> 16;
      text += (Math.imul(word, 0x85ebca6b) >>> 0).toString(16).padStart(8, '0');
    }
    return text;
  }

  #mix(word: number): void {
    const lane = this.#lane;
    this.#lane = (lane + 1) & 3;
    this.#lanes[lane] = mix(this.#lanes[lane]!, word, this.#lanes[this.#lane]!);
  }
}

function mix(lane: number, word: number, nextLane: number): number {
  let mixed = Math.imul(word, 0xcc9e2d51);
  mixed = (mixed << 15) | (mixed >>> 17);
  mixed = lane ^ Math.imul(mixed, 0x1b873593) ^ (nextLane >>> 7);
  mixed = (mixed << 13) | (mixed >>> 19);
  return (Math.imul(mixed, 5) + 0xe6546b64) | 0;
}
