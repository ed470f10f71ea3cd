/**
 * A symbolic run of SHA-256 on the last block or blocks of a message, for one layout (FIPS 180-4).
 *
 * It tells apart what is the same for all nonces of a template, and what each nonce must compute: from one trace come
 * the program that fills a template's table, the WebAssembly kernels and the WebGPU kernel.
 */
import type { Layout } from './layout.ts';
import { BLOCK_WORDS, ROUND_CONSTANTS, ROUNDS, STATE_WORDS } from './sha256.ts';

/**
 * Inputs of a template: the midstate's words, the state where the first round begins that takes the varied word, then
 * the searched block's words, then those of the block behind it.
 */
export const MIDSTATE_INPUT = 0;
export const ENTRY_INPUT = MIDSTATE_INPUT + STATE_WORDS;
export const WORDS_INPUT = ENTRY_INPUT + STATE_WORDS;
export const SECOND_WORDS_INPUT = WORDS_INPUT + BLOCK_WORDS;
export const INPUTS = SECOND_WORDS_INPUT + BLOCK_WORDS;

export type SigmaKind = 'S0' | 'S1' | 's0' | 's1';
export type ChoiceKind = 'ch' | 'maj';

export type Operation =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'varied' }
  /** What an earlier piece of code has left: a word of the state, 0 to 7, or of the schedule with its constant. */
  | { readonly kind: 'carried'; readonly index: number }
  | { readonly kind: 'sum'; readonly of: readonly Expression[] }
  | { readonly kind: SigmaKind; readonly of: readonly [Expression] }
  | { readonly kind: ChoiceKind; readonly of: readonly [Expression, Expression, Expression] };

export type Expression = Operation & {
  /** Position in the trace: greater than those of its operands. */
  readonly id: number;
  /** The round in which it is first needed; rounds of a second compression count on from 64. */
  readonly round: number;
  /** Whether it depends on the varied word, and so on the nonce. */
  readonly isVaried: boolean;
  /** Whether it depends on the midstate; the schedule of the first compression doesn't. */
  readonly isOfMidstate: boolean;
};

export interface Trace {
  readonly layout: Layout;
  readonly expressions: readonly Expression[];
  /** The first word of the hash. */
  readonly top: Expression;
}

export const operandsOf = (expression: Operation): readonly Expression[] =>
  'of' in expression ? expression.of : [];

/** Traces the hash's first word for a layout. */
export function traceLayout(layout: Layout): Trace {
  const tracer = new Tracer();
  const inputs = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => tracer.add({ kind: 'input', index: first + i }));
  const midstate = inputs(MIDSTATE_INPUT, STATE_WORDS);
  const entry = inputs(ENTRY_INPUT, STATE_WORDS);
  const words = inputs(WORDS_INPUT, BLOCK_WORDS);
  words[layout.variedWord] = tracer.add({ kind: 'varied' });
  const needsAll = layout.compressions === 2;
  const begin = { round: layout.variedWord, state: entry };
  let state = tracer.compress(midstate, words, 0, needsAll, begin);
  if (needsAll)
    state = tracer.compress(state, inputs(SECOND_WORDS_INPUT, BLOCK_WORDS), ROUNDS, false);
  return { layout, expressions: tracer.expressions, top: state[0]! };
}

/** Writes a trace down, one expression after the other. */
export class Tracer {
  readonly expressions: Expression[] = [];
  round = 0;
  readonly #firstId: number;

  constructor(firstId = 0) {
    this.#firstId = firstId;
  }

  add(operation: Operation): Expression {
    const { kind } = operation;
    const operands = operandsOf(operation);
    let isVaried = kind === 'varied' || kind === 'carried';
    let isOfMidstate =
      (kind === 'input' && operation.index < WORDS_INPUT) ||
      (kind === 'carried' && operation.index < STATE_WORDS);
    for (const operand of operands) {
      isVaried ||= operand.isVaried;
      isOfMidstate ||= operand.isOfMidstate;
    }
    // All have the same properties in the same order: engines are ten times as quick with objects of one shape.
    const expression = {
      kind,
      index: 'index' in operation ? operation.index : 0,
      value: 'value' in operation ? operation.value : 0,
      of: operands,
      id: this.#firstId + this.expressions.length,
      round: this.round,
      isVaried,
      isOfMidstate,
    } as Expression;
    this.expressions.push(expression);
    return expression;
  }

  /** The state behind a block; only its first word unless `needsAll`. It may begin at a later round's state. */
  compress(
    before: readonly Expression[],
    block: readonly Expression[],
    firstRound: number,
    needsAll: boolean,
    begin: { readonly round: number; readonly state: readonly Expression[] } = {
      round: 0,
      state: before,
    },
  ): Expression[] {
    let { state } = begin;
    const schedule = [...block];
    for (let i = begin.round; i < ROUNDS; i++) {
      this.round = firstRound + i;
      if (i >= BLOCK_WORDS) schedule[i] = this.scheduled(schedule, i);
      const k = this.roundConstant(i);
      // The last round's e is no part of the hash's first word.
      state = this.step(state, [k, schedule[i]!], needsAll || i < ROUNDS - 1);
    }
    const after = needsAll ? state : state.slice(0, 1);
    return after.map((word, i) => this.sum([before[i]!, word]));
  }

  /** Word 16 or a later one of a schedule. */
  scheduled(schedule: readonly Expression[], i: number): Expression {
    return this.sum([
      schedule[i - 16]!,
      schedule[i - 7]!,
      this.add({ kind: 's0', of: [schedule[i - 15]!] }),
      this.add({ kind: 's1', of: [schedule[i - 2]!] }),
    ]);
  }

  roundConstant(round: number): Expression {
    return this.add({ kind: 'constant', value: ROUND_CONSTANTS[round]! });
  }

  /** One round; what the schedule adds comes in as terms. */
  step(
    state: readonly Expression[],
    scheduled: readonly Expression[],
    needsAll: boolean,
  ): Expression[] {
    const [a, b, c, d, e, f, g, h] = state as Octet;
    const t = this.sum([
      h,
      ...scheduled,
      this.add({ kind: 'ch', of: [e, f, g] }),
      this.add({ kind: 'S1', of: [e] }),
    ]);
    const nextE = needsAll ? this.sum([d, t]) : e;
    const majority = this.add({ kind: 'maj', of: [a, b, c] });
    return [this.sum([t, majority, this.add({ kind: 'S0', of: [a] })]), a, b, c, nextE, e, f, g];
  }

  /**
   * A sum whose parts are put together by what they depend on: what the template decides is one term, which the table
   * holds; what the schedule alone decides is another, which midstates can share.
   */
  sum(terms: readonly Expression[]): Expression {
    const parts = this.#unfold(terms);
    const isMidstateInTable = parts.some((part) => !part.isVaried && part.isOfMidstate);
    const isShared = (part: Expression) =>
      !part.isOfMidstate && (part.isVaried || !isMidstateInTable);
    const table = parts.filter((part) => !part.isVaried && !isShared(part));
    const shared = parts.filter(isShared);
    const own = parts.filter((part) => part.isVaried && part.isOfMidstate);
    const sharedFixed = this.#fold(shared.filter((part) => !part.isVaried));
    const sharedParts = [...sharedFixed, ...shared.filter((part) => part.isVaried)];
    const isAlone = own.length === 0 && table.length === 0;
    // Early terms first: what comes last, the sigma of the newest word, ends the longest chain.
    const grouped = [
      ...this.#fold(table),
      ...(isAlone ? sharedParts : this.#fold(sharedParts)),
      ...own,
    ];
    return grouped.length === 1 ? grouped[0]! : this.add({ kind: 'sum', of: grouped });
  }

  #fold(terms: readonly Expression[]): Expression[] {
    return terms.length < 2 ? [...terms] : [this.add({ kind: 'sum', of: terms })];
  }

  /**
   * Takes the template's part out of a term that is a sum of it and one other, where it can join another such part:
   * else the same addition would be done twice.
   */
  #unfold(terms: readonly Expression[]): Expression[] {
    const isLight = (term: Expression) =>
      term.kind === 'sum' && term.isVaried && term.of.length === 2 && !term.of[0]!.isVaried;
    const joinable = terms.filter((term) => !term.isVaried || isLight(term)).length;
    if (joinable < 2) return [...terms];
    return terms.flatMap((term) => (isLight(term) ? operandsOf(term) : [term]));
  }
}

type Octet = [
  Expression,
  Expression,
  Expression,
  Expression,
  Expression,
  Expression,
  Expression,
  Expression,
];
