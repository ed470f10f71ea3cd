/**
 * What the checkers share: whom a trace shows as correct, and what is owed to whom (R19, R21).
 *
 * In the source a process is correct if it never crashes; here, where processes restart, each life is taken for a
 * process: it is correct if it lasts to the end of the trace.
 */
import type { Life, Trace } from './trace.ts';

/** Answers with a sentence where the trace breaks the property, else with null. */
export type Checker = (trace: Trace) => string | null;

export interface Sending {
  readonly atMs: number;
  readonly by: Life;
  readonly to: number;
}

/** Names a message on its way. */
export function pairKey(sent: {
  readonly by: Life;
  readonly to: number;
  readonly text: string;
}): string {
  return `${sent.by.process} ${sent.to} ${sent.text}`;
}

/** Whether the sender's life lasts, and that in which the receiver was at the time of sending. */
export function areCorrect(trace: Trace, sent: Sending): boolean {
  const receiver = trace.lifeAt(sent.to, sent.atMs);
  return receiver !== null && trace.lasts(sent.by) && trace.lasts(receiver);
}

/**
 * Whether a message must arrive: both are correct, and it was sent to this life of the receiver. A sender that has not
 * yet found out that the receiver has restarted sends to the life before, which is not correct.
 */
export function isOwed(trace: Trace, sent: Sending): boolean {
  return areCorrect(trace, sent) && knows(trace, sent);
}

/** Whether the sender's life had, before this message, to do with the life in which the receiver was then, or with none. */
function knows(trace: Trace, { atMs, by, to }: Sending): boolean {
  const startOf = (life: Life): number =>
    trace.of('started').find((started) => isSame(started.by, life))!.atMs;
  const receiver = trace.lifeAt(to, atMs)!;
  const sinceMs = startOf(receiver);
  if (startOf(by) >= sinceMs) return true;
  const mine = new Set([
    ...[...trace.of('sent'), ...trace.of('called')]
      .filter((sent) => isSame(sent.by, by) && sent.to === to)
      .map(({ text }) => text),
    ...trace
      .of('broadcast')
      .filter((sent) => isSame(sent.by, by))
      .map(({ text }) => text),
  ]);
  return (
    [...trace.of('delivered'), ...trace.of('executed')].some(
      (event) => event.atMs <= atMs && isSame(event.by, receiver) && mine.has(event.text),
    ) ||
    [...trace.of('settled'), ...trace.of('ended')].some(
      (event) =>
        event.atMs >= sinceMs &&
        event.atMs <= atMs &&
        event.failure !== null &&
        (event.kind === 'ended' || event.to === to) &&
        isSame(event.by, by) &&
        mine.has(event.text),
    )
  );
}

function isSame(a: Life, b: Life): boolean {
  return a.process === b.process && a.life === b.life;
}

/** When each message was delivered, by {@link pairKey}. */
export function listDeliveries(trace: Trace): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const [key, deliveries] of groupBy(
    trace.of('delivered'),
    ({ by, from, text }) => `${from} ${by.process} ${text}`,
  ))
    times.set(
      key,
      deliveries.map(({ atMs }) => atMs),
    );
  return times;
}

export function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
