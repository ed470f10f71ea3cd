/**
 * A growing row of instructions: bytes are written straight to where they stay, because a module is made while a miner
 * waits for its first hash.
 */
import { op, simd } from './wasm-bytes.ts';

/** Room for a function of the usual size. */
const FIRST_CAPACITY = 4096;

export class CodeBytes {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  /** What was written so far; valid until more is written. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow();
    this.#bytes[this.#length++] = value;
  }

  /** A few instructions made before. */
  append(code: Uint8Array): void {
    while (this.#length + code.length > this.#bytes.length) this.#grow();
    for (let i = 0; i < code.length; i++) this.#bytes[this.#length + i] = code[i]!;
    this.#length += code.length;
  }

  #grow(): void {
    const longer = new Uint8Array(2 * this.#bytes.length);
    longer.set(this.#bytes);
    this.#bytes = longer;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit value. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest > 0x3f || rest < -0x40) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Instructions without operands. */
  op(...codes: number[]): void {
    for (const code of codes) this.byte(code);
  }

  simd(code: number): void {
    this.byte(op.simd);
    this.unsigned(code);
  }

  constant(value: number): void {
    this.byte(op.i32Const);
    this.signed(value);
  }

  getLocal(local: number): void {
    this.#local(op.localGet, local);
  }

  setLocal(local: number): void {
    this.#local(op.localSet, local);
  }

  teeLocal(local: number): void {
    this.#local(op.localTee, local);
  }

  #local(code: number, local: number): void {
    this.byte(code);
    if (local < 0x80) this.byte(local);
    else this.unsigned(local);
  }

  call(callee: number): void {
    this.byte(op.call);
    this.unsigned(callee);
  }

  /** Loads from the address on the stack, plus this one. Alignments are natural, as powers of two. */
  loadVector(address: number): void {
    this.simd(simd.load);
    this.#memory(4, address);
  }

  loadSplat(address: number): void {
    this.simd(simd.load32Splat);
    this.#memory(2, address);
  }

  loadScalar(address: number): void {
    this.byte(op.i32Load);
    this.#memory(2, address);
  }

  storeVector(address: number): void {
    this.simd(simd.store);
    this.#memory(4, address);
  }

  storeScalar(address: number): void {
    this.byte(op.i32Store);
    this.#memory(2, address);
  }

  #memory(alignment: number, address: number): void {
    this.byte(alignment);
    this.unsigned(address);
  }
}
