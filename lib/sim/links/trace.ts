/**
 * What processes did with their links, as the checkers read it (R19).
 */

/** One life of a process: from a start to a crash, or to the end. Both count from 0. */
export interface Life {
  readonly process: number;
  readonly life: number;
}

/** Times are in milliseconds since the world began. A message is known by its text, which no two messages share. */
export type TraceEvent = { readonly atMs: number } & (
  | { readonly kind: 'started' | 'crashed'; readonly by: Life }
  | { readonly kind: 'sent'; readonly by: Life; readonly to: number; readonly text: string }
  | { readonly kind: 'broadcast'; readonly by: Life; readonly text: string }
  /** `from` is the process that the link names as the sender. */
  | { readonly kind: 'delivered'; readonly by: Life; readonly from: number; readonly text: string }
  | {
      readonly kind: 'settled';
      readonly by: Life;
      readonly to: number;
      readonly text: string;
      /** The code of a failure; null where the message was acknowledged. */
      readonly failure: string | null;
    }
  | { readonly kind: 'called'; readonly by: Life; readonly to: number; readonly text: string }
  | { readonly kind: 'executed'; readonly by: Life; readonly from: number; readonly text: string }
  | {
      readonly kind: 'ended';
      readonly by: Life;
      readonly text: string;
      /** The result; null where there is none. */
      readonly result: string | null;
      readonly failure: string | null;
    }
);

export type EventOf<Kind extends TraceEvent['kind']> = TraceEvent & { readonly kind: Kind };

export class Trace {
  readonly #byKind = new Map<TraceEvent['kind'], TraceEvent[]>();
  /** Starts and crashes. */
  readonly #turns: EventOf<'started' | 'crashed'>[] = [];
  readonly #crashed = new Set<string>();
  readonly processCount: number;
  #endMs = 0;

  constructor(processCount: number, events: readonly TraceEvent[] = []) {
    this.processCount = processCount;
    for (const event of events) this.add(event);
  }

  /** When the last event happened, or until when the trace goes on without one. */
  get endMs(): number {
    return this.#endMs;
  }

  add(event: TraceEvent): void {
    this.#endMs = event.atMs;
    const list = this.#byKind.get(event.kind);
    if (list === undefined) this.#byKind.set(event.kind, [event]);
    else list.push(event);
    if (event.kind === 'started' || event.kind === 'crashed') this.#turns.push(event);
    if (event.kind === 'crashed') this.#crashed.add(keyOf(event.by));
  }

  /** Says that nothing happened after the last event until now. */
  endAt(timeMs: number): void {
    this.#endMs = timeMs;
  }

  /** The events of a kind, in order. */
  of<Kind extends TraceEvent['kind']>(kind: Kind): readonly EventOf<Kind>[] {
    return (this.#byKind.get(kind) ?? []) as EventOf<Kind>[];
  }

  /** Whether this life lasted to the end: it is that of a correct process. */
  lasts(life: Life): boolean {
    return !this.#crashed.has(keyOf(life));
  }

  /** The life of a process at a time; null where it was down. */
  lifeAt(process: number, timeMs: number): Life | null {
    let life: Life | null = null;
    for (const event of this.#turns) {
      if (event.atMs > timeMs) break;
      if (event.by.process === process) life = event.kind === 'started' ? event.by : null;
    }
    return life;
  }
}

function keyOf({ process, life }: Life): string {
  return `${process}.${life}`;
}
