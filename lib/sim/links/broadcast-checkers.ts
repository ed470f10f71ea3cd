/**
 * The properties of best-effort and probabilistic broadcast over traces (R14, R19); no duplication is that of links.
 */
import { isOwed, type Checker } from './trace-reading.ts';
import type { EventOf, Trace } from './trace.ts';

/**
 * Part of all deliveries of a trace that come about. At 30 % loss one message in 15,000 dies at its origin, all of whose
 * eight pushes are lost; a trace has some twenty messages, so it may have one of those.
 */
const BROADCAST_REACH = 0.9;

/** BEB1: what a correct process broadcasts is delivered by every correct process. */
export const checkValidity: Checker = (trace) => {
  for (const { sent, reached } of listReach(trace))
    for (const [process, isReached] of reached)
      if (!isReached && isOwed(trace, { ...sent, to: process }))
        return `${sent.text} never reached ${process}`;
  return null;
};

/** PB1: what a correct process broadcasts is delivered by every correct process, with high probability. */
export const checkProbabilisticValidity: Checker = (trace) => {
  const all = listReach(trace).flatMap(({ reached }) => [...reached.values()]);
  const missed = all.filter((isReached) => !isReached).length;
  return missed <= all.length * (1 - BROADCAST_REACH)
    ? null
    : `${missed} of ${all.length} deliveries are missing`;
};

/** BEB3, PB3: what is delivered from a process was broadcast by it before. */
export const checkNoBroadcastCreation: Checker = (trace) => {
  const origins = new Map(
    trace.of('broadcast').map((sent) => [`${sent.by.process} ${sent.text}`, sent.atMs]),
  );
  for (const { by, from, text, atMs } of trace.of('delivered'))
    if ((origins.get(`${from} ${text}`) ?? Number.POSITIVE_INFINITY) > atMs)
      return `${by.process} delivered ${text} from ${from}, which did not broadcast it`;
  return null;
};

/** For each broadcast of a correct process, which correct ones have delivered it. */
function listReach(
  trace: Trace,
): { readonly sent: EventOf<'broadcast'>; readonly reached: ReadonlyMap<number, boolean> }[] {
  const delivered = new Set(trace.of('delivered').map(({ by, text }) => `${by.process} ${text}`));
  return trace
    .of('broadcast')
    .filter(({ by }) => trace.lasts(by))
    .map((sent) => {
      const reached = new Map<number, boolean>();
      for (let process = 0; process < trace.processCount; process++) {
        const life = trace.lifeAt(process, sent.atMs);
        if (life !== null && trace.lasts(life))
          reached.set(process, delivered.has(`${process} ${sent.text}`));
      }
      return { sent, reached };
    });
}
