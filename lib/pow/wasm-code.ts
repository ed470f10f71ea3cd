/**
 * Turns expressions of a trace into WebAssembly instructions, for several streams side by side: a stream computes four
 * nonces in a vector, or one in a scalar.
 */
import type { Expression, SigmaKind } from './trace.ts';
import { CodeBytes } from './code-bytes.ts';
import { I32, op, simd, V128, type WasmFunction } from './wasm-bytes.ts';

/** Words of 32 bits in a vector. */
export const VECTOR_LANES = 4;

/** How the rotations of a sigma are put together: side by side, or one inside the other. */
export interface Form {
  readonly vectorSigma: 'flat' | 'nested' | 'chain';
  readonly scalarSigma: 'flat' | 'nested';
}

export interface Stream {
  readonly isVector: boolean;
  /** Pushes a value that comes from outside of the function; false where the stream computes it itself. */
  load(code: CodeBytes, expression: Expression): boolean;
  /** Pushes the varied word. */
  varied(code: CodeBytes): void;
}

/** Rotations and, for the schedule's sigmas, the shift at the end. */
const SIGMAS: Record<SigmaKind, { readonly rotations: readonly number[]; readonly shift: number }> =
  {
    S0: { rotations: [2, 13, 22], shift: 0 },
    S1: { rotations: [6, 11, 25], shift: 0 },
    s0: { rotations: [7, 18], shift: 3 },
    s1: { rotations: [17, 19], shift: 10 },
  };

/** For each sigma its shifts, as what follows the value that is shifted; all but the first are joined to those before. */
const CHAINS: Record<SigmaKind, readonly Uint8Array[]> = {
  S0: chainOf('S0'),
  S1: chainOf('S1'),
  s0: chainOf('s0'),
  s1: chainOf('s1'),
};

function chainOf(kind: SigmaKind): Uint8Array[] {
  const { rotations, shift } = SIGMAS[kind];
  const terms: [number, number][] = rotations.flatMap((by): [number, number][] => [
    [simd.shrU, by],
    [simd.shl, 32 - by],
  ]);
  if (shift > 0) terms.push([simd.shrU, shift]);
  return terms.map(([direction, by], i) => {
    const code = new CodeBytes();
    code.constant(by);
    code.simd(direction);
    if (i > 0) code.simd(simd.xor);
    return code.bytes;
  });
}

const SCALAR_CODES = { add: op.i32Add, and: op.i32And, xor: op.i32Xor } as const;

/** More than a trace has expressions. */
const XOR_KEY = 1 << 16;

/** Writes one function that computes expressions for all its streams. */
export class CodeWriter {
  readonly code = new CodeBytes();
  readonly #parameters: number;
  readonly #streams: readonly Stream[];
  readonly #form: Form;
  readonly #localTypes: number[] = [];
  /** For each stream, the local that holds an expression, by its number. */
  readonly #locals: (number | undefined)[][];
  /** For each stream, the local that holds the xor of two, by the numbers of both. */
  readonly #xors: Map<number, number>[];

  constructor(parameters: number, streams: readonly Stream[], form: Form) {
    this.#parameters = parameters;
    this.#streams = streams;
    this.#form = form;
    this.#locals = streams.map(() => []);
    this.#xors = streams.map(() => new Map<number, number>());
  }

  /** Computes expressions, in their order, for one stream; each stays in a local. */
  compute(expressions: readonly Expression[], stream: number): void {
    for (const expression of expressions) {
      this.#emit(expression, stream);
      this.code.setLocal((this.#locals[stream]![expression.id] = this.#newLocal(stream)));
    }
  }

  /** Pushes the value of an expression that was computed, or that comes from outside. */
  value(expression: Expression, stream: number): void {
    const local = this.#locals[stream]![expression.id];
    if (local !== undefined) {
      this.code.getLocal(local);
      return;
    }
    if (!this.#streams[stream]!.load(this.code, expression))
      throw new Error(`Expression ${expression.id} is used before it is computed.`);
    // What is used again stays in a local; what the template decides is used once as a rule.
    if (expression.isVaried)
      this.code.teeLocal((this.#locals[stream]![expression.id] = this.#newLocal(stream)));
  }

  /** Puts a value that comes from outside into a local, where all that use it find it. */
  bring(expression: Expression, stream: number): void {
    this.#localOf(expression, stream);
  }

  /** A local for the caller's own use. */
  declare(isVector: boolean): number {
    return this.#parameters + this.#localTypes.push(isVector ? V128 : I32) - 1;
  }

  finish(name: string, results: readonly number[]): WasmFunction {
    return {
      name,
      parameters: Array.from({ length: this.#parameters }, () => I32),
      results,
      locals: this.#localTypes.map((type) => ({ count: 1, type })),
      body: this.code.bytes,
    };
  }

  #newLocal(stream: number): number {
    return (
      this.#parameters + this.#localTypes.push(this.#streams[stream]!.isVector ? V128 : I32) - 1
    );
  }

  #emit(expression: Expression, stream: number): void {
    const { isVector, varied } = this.#streams[stream]!;
    switch (expression.kind) {
      case 'varied':
        varied(this.code);
        break;
      case 'sum':
        expression.of.forEach((term, i) => {
          this.value(term, stream);
          if (i > 0) this.#binary('add', stream);
        });
        break;
      case 'ch': {
        const [e, f, g] = expression.of;
        this.value(e, stream);
        this.#xorOf(f, g, stream);
        this.#binary('and', stream);
        this.value(g, stream);
        this.#binary('xor', stream);
        break;
      }
      case 'maj': {
        // b ^ ((a ^ b) & (b ^ c)): the next round's b ^ c is this round's a ^ b.
        const [a, b, c] = expression.of;
        this.#xorOf(a, b, stream);
        this.#xorOf(b, c, stream);
        this.#binary('and', stream);
        this.value(b, stream);
        this.#binary('xor', stream);
        break;
      }
      case 'S0':
      case 'S1':
      case 's0':
      case 's1': {
        const form = isVector ? this.#form.vectorSigma : this.#form.scalarSigma;
        this.#sigma(expression.kind, expression.of[0], form, stream);
        break;
      }
      default:
        throw new Error(`${expression.kind} is decided by the template.`);
    }
  }

  #xorOf(x: Expression, y: Expression, stream: number): void {
    const key = x.id * XOR_KEY + y.id;
    const known = this.#xors[stream]!.get(key);
    if (known !== undefined) {
      this.code.getLocal(known);
      return;
    }
    this.value(x, stream);
    this.value(y, stream);
    this.#binary('xor', stream);
    const local = this.#newLocal(stream);
    this.#xors[stream]!.set(key, local);
    this.code.teeLocal(local);
  }

  #sigma(kind: SigmaKind, of: Expression, form: 'flat' | 'nested' | 'chain', stream: number): void {
    if (form === 'chain') {
      this.#chain(kind, of, stream);
      return;
    }
    const { rotations, shift } = SIGMAS[kind];
    if (form === 'nested' && shift === 0) {
      const [first, second, third] = rotations as [number, number, number];
      // rotr(x ^ rotr(x ^ rotr(x, third - second), second - first), first)
      this.value(of, stream);
      this.#rotateTop(third - second, stream);
      this.value(of, stream);
      this.#binary('xor', stream);
      this.#rotateTop(second - first, stream);
      this.value(of, stream);
      this.#binary('xor', stream);
      this.#rotateTop(first, stream);
      return;
    }
    rotations.forEach((by, i) => {
      this.value(of, stream);
      this.#rotateTop(by, stream, of);
      if (i > 0) this.#binary('xor', stream);
    });
    if (shift === 0) return;
    this.value(of, stream);
    this.#shiftTop('right', shift, stream);
    this.#binary('xor', stream);
  }

  /** All shifts side by side, of vectors: the commonest form, so the same bytes are made once. */
  #chain(kind: SigmaKind, of: Expression, stream: number): void {
    const local = this.#localOf(of, stream);
    for (const term of CHAINS[kind]) {
      this.code.getLocal(local);
      this.code.append(term);
    }
  }

  /** The local that holds a value, which is put there where it comes from outside. */
  #localOf(expression: Expression, stream: number): number {
    const known = this.#locals[stream]![expression.id];
    if (known !== undefined) return known;
    this.value(expression, stream);
    const local = (this.#locals[stream]![expression.id] ??= this.#newLocal(stream));
    this.code.setLocal(local);
    return local;
  }

  /** Rotates the value on the stack to the right; `of` names it where it lies in a local already. */
  #rotateTop(by: number, stream: number, of?: Expression): void {
    if (!this.#streams[stream]!.isVector) {
      this.code.constant(by);
      this.code.byte(op.i32Rotr);
      return;
    }
    if (of === undefined) {
      const local = this.#newLocal(stream);
      this.code.teeLocal(local);
      this.#shiftTop('right', by, stream);
      this.code.getLocal(local);
    } else {
      this.#shiftTop('right', by, stream);
      this.value(of, stream);
    }
    this.#shiftTop('left', 32 - by, stream);
    // Xor, not or: the engine may then choose the order of the whole sigma's xors.
    this.#binary('xor', stream);
  }

  #shiftTop(direction: 'left' | 'right', by: number, stream: number): void {
    const isLeft = direction === 'left';
    this.code.constant(by);
    if (this.#streams[stream]!.isVector) this.code.simd(isLeft ? simd.shl : simd.shrU);
    else this.code.byte(isLeft ? op.i32Shl : op.i32ShrU);
  }

  #binary(operation: 'add' | 'and' | 'xor', stream: number): void {
    if (this.#streams[stream]!.isVector) this.code.simd(simd[operation]);
    else this.code.byte(SCALAR_CODES[operation]);
  }
}

/** Stores each stream's first hash word, and answers whether one of them is within the target. */
export function writeCheck(
  writer: CodeWriter,
  top: Expression,
  streams: readonly Stream[],
  vectors: number,
  at: { readonly target: number; readonly tops: number },
): void {
  const { code } = writer;
  streams.forEach(({ isVector }, s) => {
    code.constant(0);
    writer.value(top, s);
    if (isVector) code.storeVector(at.tops + 16 * s);
    else code.storeScalar(at.tops + 16 * vectors + 4 * (s - vectors));
  });
  streams.forEach(({ isVector }, s) => {
    writer.value(top, s);
    code.constant(0);
    if (isVector) {
      code.loadSplat(at.target);
      code.simd(simd.leU);
      code.simd(simd.anyTrue);
    } else {
      code.loadScalar(at.target);
      code.byte(op.i32LeU);
    }
    if (s > 0) code.byte(op.i32Or);
  });
}
