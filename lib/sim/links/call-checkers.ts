/**
 * The properties of remote procedure calls over traces (R19).
 */
import { groupBy, isOwed, type Checker } from './trace-reading.ts';

/** The result that the worlds' procedure has for a call. */
export function resultOf(text: string): string {
  return `done: ${text}`;
}

/** Each call of a life that lasts ends once; where the called life lasts too, by a result. */
export const checkCallsEnd: Checker = (trace) => {
  const ended = groupBy(trace.of('ended'), ({ text }) => text);
  for (const call of trace.of('called')) {
    const ends = ended.get(call.text) ?? [];
    if (ends.length > 1) return `${call.text} ended ${ends.length} times`;
    if (ends.length === 0 && trace.lasts(call.by)) return `${call.text} never ended`;
    if (ends[0]?.failure !== null && isOwed(trace, call))
      return `${call.text} ended with ${ends[0]?.failure}, though ${call.to} lasted`;
  }
  return null;
};

export const checkAtMostOnce: Checker = (trace) => {
  for (const [text, executions] of groupBy(trace.of('executed'), ({ text }) => text))
    if (executions.length > 1) return `${text} was executed ${executions.length} times`;
  return null;
};

export const checkTrueResults: Checker = (trace) => {
  const calls = new Map(trace.of('called').map((call) => [call.text, call]));
  const executed = new Set<string>();
  for (const { by, from, text } of trace.of('executed')) {
    const call = calls.get(text);
    if (call?.by.process !== from || call.to !== by.process)
      return `${by.process} executed ${text} for ${from}, which did not call it`;
    executed.add(text);
  }
  for (const { text, result } of trace.of('ended'))
    if (result !== null && (result !== resultOf(text) || !executed.has(text)))
      return `${text} ended with the result ${result}`;
  return null;
};
