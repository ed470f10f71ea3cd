/**
 * The properties of fair-loss, stubborn, perfect and authenticated perfect links over traces (R19).
 *
 * "Infinitely often" is taken for "again and again to the end of a trace that is long against the time between two
 * transmissions". The numbers and names are explained in `properties.ts`.
 */
import {
  areCorrect,
  groupBy,
  isOwed,
  listDeliveries,
  pairKey,
  type Checker,
} from './trace-reading.ts';

/** Sends that outlast two partitions by 20, of which all are lost, at 30 % loss, once in 10^10 times. */
const FAIR_LOSS_SENDS = 80;
/** Copies of one datagram that a carrier may make. */
export const COPIES_LIMIT = 4;
/** A stubborn link transmits at least this often, so that 20 transmissions of a message fall into the last of a trace. */
const STUBBORN_WINDOW_MS = 20 * 7_500;
/** FLL1: what a correct process sends again and again to a correct one is delivered again and again. */
export const checkFairLoss: Checker = (trace) => {
  const delivered = listDeliveries(trace);
  for (const [key, sends] of groupBy(trace.of('sent'), pairKey)) {
    const [first, last] = [sends[0]!, sends.at(-1)!];
    if (!areCorrect(trace, first) || sends.length < FAIR_LOSS_SENDS) continue;
    const from = sends.at(-FAIR_LOSS_SENDS)!.atMs;
    const times = delivered.get(key) ?? [];
    if (!times.some((timeMs) => timeMs >= from))
      return `${first.text} was sent ${sends.length} times to ${first.to}, and was not delivered again before ${last.atMs} ms`;
  }
  return null;
};

/** FLL2: what is sent finitely often is delivered finitely often. */
export const checkFiniteDuplication: Checker = (trace) => {
  const sends = groupBy(trace.of('sent'), pairKey);
  for (const [key, times] of listDeliveries(trace)) {
    const sent = sends.get(key)?.length ?? 0;
    if (times.length > sent * COPIES_LIMIT)
      return `${key} was delivered ${times.length} times, sent ${sent} times`;
  }
  return null;
};

/** FLL3, SL2, PL3, AL3: what is delivered from a process was sent by it, to the one that delivers it, before. */
export const checkNoCreation: Checker = (trace) => {
  const sentMs = new Map<string, number>();
  for (const sent of trace.of('sent'))
    if (!sentMs.has(pairKey(sent))) sentMs.set(pairKey(sent), sent.atMs);
  for (const { by, from, text, atMs } of trace.of('delivered')) {
    const since = sentMs.get(`${from} ${by.process} ${text}`);
    if (since === undefined || since > atMs)
      return `${by.process} delivered ${text} from ${from}, which did not send it there`;
  }
  return null;
};

/** SL1: what a correct process sends once to a correct one is delivered for ever. */
export const checkStubbornDelivery: Checker = (trace) => {
  const delivered = listDeliveries(trace);
  for (const sent of trace.of('sent')) {
    if (!areCorrect(trace, sent) || sent.atMs > trace.endMs - STUBBORN_WINDOW_MS) continue;
    const last = delivered.get(pairKey(sent))?.at(-1) ?? 0;
    if (last < trace.endMs - STUBBORN_WINDOW_MS)
      return `${sent.text} was delivered to ${sent.to} no more after ${last} ms`;
  }
  return null;
};

/** PL1, AL1: what a correct process sends to a correct one is delivered. */
export const checkReliableDelivery: Checker = (trace) => {
  const delivered = listDeliveries(trace);
  for (const sent of trace.of('sent'))
    if (!delivered.has(pairKey(sent)) && isOwed(trace, sent))
      return `${sent.text} never reached ${sent.to}`;
  return null;
};

/** PL2, AL2, BEB2, PB2: no message is delivered by a process more than once, whichever of its lives it is in. */
export const checkNoDuplication: Checker = (trace) => {
  for (const [key, deliveries] of groupBy(
    trace.of('delivered'),
    ({ by, text }) => `${by.process} ${text}`,
  ))
    if (deliveries.length > 1) return `delivered ${deliveries.length} times: ${key}`;
  return null;
};

/** What comes late from an earlier life of a sender does not come after what is of a later one. */
export const checkLifeOrder: Checker = (trace) => {
  const lifeOf = new Map(trace.of('sent').map((sent) => [pairKey(sent), sent.by.life]));
  const latest = new Map<string, number>();
  for (const { by, from, text } of trace.of('delivered')) {
    const life = lifeOf.get(`${from} ${by.process} ${text}`) ?? 0;
    const way = `${from} ${by.process}`;
    if (life < (latest.get(way) ?? 0))
      return `${by.process} delivered ${text}, though ${from} had begun a new life`;
    latest.set(way, life);
  }
  return null;
};

/** Each message of a life that lasts is settled once: acknowledged only if delivered, failed only if the peer crashed. */
export const checkSettling: Checker = (trace) => {
  const delivered = listDeliveries(trace);
  const settled = groupBy(trace.of('settled'), pairKey);
  for (const sent of trace.of('sent')) {
    const key = pairKey(sent);
    const settlings = settled.get(key) ?? [];
    if (settlings.length > 1) return `${sent.text} was settled ${settlings.length} times`;
    if (settlings.length === 0) {
      if (trace.lasts(sent.by)) return `${sent.text} was never settled`;
      continue;
    }
    const { failure } = settlings[0]!;
    if (failure === null && !delivered.has(key))
      return `${sent.text} was acknowledged, but not delivered`;
    if (failure !== null && isOwed(trace, sent))
      return `${sent.text} failed (${failure}), though ${sent.to} lasted`;
  }
  return null;
};
