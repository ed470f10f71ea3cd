/**
 * What a template decides by itself, computed once per template and put into a kernel's table.
 */
import type { Position } from './position.ts';
import {
  bigSigma0,
  bigSigma1,
  runRounds,
  smallSigma0,
  smallSigma1,
  STATE_WORDS,
} from './sha256.ts';
import {
  ENTRY_INPUT,
  INPUTS,
  MIDSTATE_INPUT,
  operandsOf,
  SECOND_WORDS_INPUT,
  WORDS_INPUT,
  type Expression,
} from './trace.ts';

export interface TemplateProgram {
  /** How many table entries there are. */
  readonly length: number;
  /** Fills a table from the inputs of a position; the table's entries are in the order of the outputs. */
  run(inputs: Int32Array, table: Int32Array): void;
}

/** Compiles a program that computes these expressions, none of which depends on the nonce. */
export function compileTemplateProgram(outputs: readonly Expression[]): TemplateProgram {
  const steps = inOrder(outputs);
  const registers = new Int32Array(INPUTS + steps.length);
  const registerOf = new Map<Expression, number>();
  const code: number[] = [];
  let next = INPUTS;
  for (const step of steps) {
    if (step.kind === 'input') {
      registerOf.set(step, step.index);
      continue;
    }
    registerOf.set(step, next);
    if (step.kind === 'constant') registers[next] = step.value;
    else emitStep(code, step, next, registerOf);
    next++;
  }
  const program = Int32Array.from(code);
  const results = Int32Array.from(outputs, (output) => registerOf.get(output)!);
  return {
    length: outputs.length,
    run(inputs, table) {
      registers.set(inputs);
      runProgram(program, registers);
      for (let i = 0; i < results.length; i++) table[i] = registers[results[i]!]!;
    },
  };
}

/** The inputs of a position, with its first midstate, as programs take them. */
export function writeInputs(position: Position, inputs: Int32Array): void {
  inputs.set(position.words, WORDS_INPUT);
  inputs.set(position.secondWords, SECOND_WORDS_INPUT);
  writeMidstate(position, 0, inputs);
}

/** Of inputs of the same position, what another of its midstates changes. */
export function writeMidstate(position: Position, midstate: number, inputs: Int32Array): void {
  const state = position.midstates[midstate]!;
  inputs.set(state, MIDSTATE_INPUT);
  entry.set(state);
  runRounds(entry, position.words, 0, position.layout.variedWord);
  inputs.set(entry, ENTRY_INPUT);
}

const entry = new Int32Array(STATE_WORDS);

/** All that is needed for the outputs, operands before their users. */
function inOrder(outputs: readonly Expression[]): Expression[] {
  const needed = new Set<Expression>();
  const visit = (expression: Expression): void => {
    if (needed.has(expression)) return;
    if (expression.isVaried) throw new Error('A template cannot decide what a nonce does.');
    needed.add(expression);
    operandsOf(expression).forEach(visit);
  };
  outputs.forEach(visit);
  return [...needed].sort((x, y) => x.id - y.id);
}

/** Steps of a program: a code, the target register, and up to three operands. A sum takes one step an addition. */
const STEP_WORDS = 5;
const CODES = { add: 0, S0: 1, S1: 2, s0: 3, s1: 4, ch: 5, maj: 6 } as const;

function emitStep(
  code: number[],
  step: Expression,
  target: number,
  registerOf: Map<Expression, number>,
): void {
  const operands = operandsOf(step).map((operand) => registerOf.get(operand)!);
  if (step.kind === 'sum') {
    code.push(CODES.add, target, operands[0]!, operands[1]!, 0);
    for (const operand of operands.slice(2)) code.push(CODES.add, target, target, operand, 0);
  } else {
    const [x = 0, y = 0, z = 0] = operands;
    code.push(CODES[step.kind as keyof typeof CODES], target, x, y, z);
  }
}

function runProgram(code: Int32Array, registers: Int32Array): void {
  for (let at = 0; at < code.length; at += STEP_WORDS) {
    const x = registers[code[at + 2]!]!;
    const y = registers[code[at + 3]!]!;
    registers[code[at + 1]!] = runStep(code[at]!, x, y, registers[code[at + 4]!]!);
  }
}

function runStep(code: number, x: number, y: number, z: number): number {
  switch (code) {
    case CODES.add:
      return (x + y) | 0;
    case CODES.S0:
      return bigSigma0(x);
    case CODES.S1:
      return bigSigma1(x);
    case CODES.s0:
      return smallSigma0(x);
    case CODES.s1:
      return smallSigma1(x);
    case CODES.ch:
      return z ^ (x & (y ^ z));
    default:
      return (x & y) | (z & (x | y));
  }
}
