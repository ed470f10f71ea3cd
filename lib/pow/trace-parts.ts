/**
 * Which expressions of a trace a kernel needs, and how their work is split between functions.
 */
import { operandsOf, type Expression } from './trace.ts';

/** The varied expressions that an expression needs, itself included, operands before their users. */
export function variedParts(top: Expression): Expression[] {
  const needed = new Set<Expression>();
  const visit = (expression: Expression): void => {
    if (!expression.isVaried || needed.has(expression)) return;
    needed.add(expression);
    operandsOf(expression).forEach(visit);
  };
  visit(top);
  return [...needed].sort((x, y) => x.id - y.id);
}

/** The expressions decided by the template that these use directly: a kernel's table. */
export function tableParts(expressions: readonly Expression[]): Expression[] {
  const table = new Set<Expression>();
  for (const expression of expressions)
    for (const operand of operandsOf(expression)) if (!operand.isVaried) table.add(operand);
  return [...table];
}

/** The parts of each round, in order. */
export function byRound(parts: readonly Expression[]): Expression[][] {
  const rounds = new Map<number, Expression[]>();
  for (const part of parts) {
    const round = rounds.get(part.round);
    if (round === undefined) rounds.set(part.round, [part]);
    else round.push(part);
  }
  return [...rounds.values()];
}

/** Splits the rounds so that each phase has about as many expressions; all of a round stays together. */
export function splitIntoPhases(
  parts: readonly Expression[],
  phases: number,
): ReadonlyMap<Expression, number> {
  const rounds = byRound(parts);
  const phaseOf = new Map<Expression, number>();
  let seen = 0;
  for (const round of rounds) {
    const phase = Math.min(phases - 1, Math.floor((phases * seen) / parts.length));
    for (const part of round) phaseOf.set(part, phase);
    seen += round.length;
  }
  return phaseOf;
}

/** What a later phase uses of an earlier one. */
export function carriedParts(
  parts: readonly Expression[],
  phaseOf: ReadonlyMap<Expression, number>,
): Expression[] {
  const carried = new Set<Expression>();
  for (const part of parts)
    for (const operand of operandsOf(part))
      if (operand.isVaried && phaseOf.get(operand) !== phaseOf.get(part)) carried.add(operand);
  return [...carried];
}
