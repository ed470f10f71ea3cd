/**
 * A small world of processes that talk over links, drawn from a seed: loss, duplicates, reordering, partitions that
 * heal, crashes, restarts, and, where the links claim to stand it, a hostile carrier (R19, R21, R31).
 */
import { KEY_SEED_BYTES, makeKeyPair, type Account, type KeyPair } from '../../ledger/account.ts';
import { EventQueue } from '../event-queue.ts';
import { Random } from '../random.ts';
import { SimulatedCarrier } from './carrier.ts';
import { CHECKERS, PROPERTIES, type PropertyName } from './properties.ts';
import { Impostor } from './impostor.ts';
import { LINK_ROOM, makeStack, STACKS, type Stack, type StackKind } from './stacks.ts';
import { Trace } from './trace.ts';

/** Messages are sent, and things go wrong, for so long. */
const TROUBLE_MS = 45_000;
const MESSAGES_PER_PROCESS = { usual: 12, many: 2 } as const;
/** A crashed process is down, and a partition lasts, at most so long. */
const OUTAGE_LIMIT_MS = 15_000;
/** Of a crash that is never followed by a restart. */
const FOR_EVER = 0.1;
/** Broadcasts need neighbours to be worth the name. */
const PROCESSES = { usual: [3, 4], gossip: [10, 14], hostile: [3, 3] } as const;
/** When a stubborn world, which never comes to rest, has been watched for long enough. */
const STUBBORN_END_MS = 400_000;
/** Every other world comes to rest long before. */
const END_MS = 1_200_000;

export interface LinkWorldResult {
  /** Each as "PL2 no duplication: what happened". */
  readonly violations: readonly string[];
  readonly violated: readonly PropertyName[];
  readonly sent: number;
  readonly delivered: number;
  readonly crashes: number;
  /** Datagrams that arrived at a process. */
  readonly datagrams: number;
}

class Process {
  readonly index: number;
  readonly keys: KeyPair;
  life = -1;
  stack: Stack | null = null;
  /** When the stack is going to be woken. */
  wakeMs = Number.POSITIVE_INFINITY;

  constructor(index: number, keys: KeyPair) {
    this.index = index;
    this.keys = keys;
  }
}

class LinkWorld {
  nowMs = 0;
  readonly #kind: StackKind;
  readonly #queue = new EventQueue();
  readonly #random: Random;
  readonly #processes: Process[] = [];
  readonly #byAccount = new Map<Account, Process>();
  readonly #carrier: SimulatedCarrier;
  readonly trace: Trace;
  #datagrams = 0;
  #nextText = 1;

  constructor(kind: StackKind, seed: number) {
    this.#kind = kind;
    this.#random = new Random(seed);
    const random = this.#random;
    // Processes that prove what they say agree on secrets, which costs more than all the rest.
    const isHostile = kind === 'authenticated';
    const [least, most] = PROCESSES[isHostile ? 'hostile' : kind === 'gossip' ? 'gossip' : 'usual'];
    const count = least + random.below(most - least + 1);
    for (let index = 0; index < count; index++) {
      const process = new Process(index, makeKeyPair(random.bytes(KEY_SEED_BYTES)));
      this.#processes.push(process);
      this.#byAccount.set(process.keys.account, process);
    }
    this.trace = new Trace(count);
    this.#carrier = new SimulatedCarrier(
      this.#queue,
      random.fork(),
      () => this.nowMs,
      (to, from, bytes) => this.#arrive(to, from, bytes),
    );
    if (isHostile) this.#turnHostile();
    for (const process of this.#processes) this.#start(process);
    this.#planMessages();
    if (kind !== 'gossip') this.#planFaults();
  }

  get datagrams(): number {
    return this.#datagrams;
  }

  run(): void {
    const endMs = this.#kind === 'stubborn' ? STUBBORN_END_MS : END_MS;
    this.#queue.push(TROUBLE_MS + OUTAGE_LIMIT_MS, () => {
      this.#carrier.split(null);
      this.#carrier.calm();
    });
    while (this.#queue.nextMs <= endMs) {
      if (this.nowMs > TROUBLE_MS + OUTAGE_LIMIT_MS && this.#isAtRest()) return;
      this.nowMs = this.#queue.nextMs;
      this.#queue.pop()!();
    }
    this.trace.endAt(endMs);
  }

  #isAtRest(): boolean {
    return this.#kind !== 'gossip' && this.#processes.every(({ stack }) => stack?.isIdle ?? true);
  }

  #turnHostile(): void {
    const random = this.#random;
    const [victim, target] = random.shuffle(this.#processes);
    this.#carrier.turn(
      new Impostor({
        keys: makeKeyPair(random.bytes(KEY_SEED_BYTES)),
        victim: victim!.keys.account,
        target: target!.keys.account,
        carrier: this.#carrier.linkOf(victim!.keys.account),
        room: LINK_ROOM,
        random: random.fork(),
      }),
    );
  }

  #planMessages(): void {
    // Of these each message makes many datagrams.
    const isChatty = this.#kind === 'gossip' || this.#kind === 'fair-loss';
    const count = MESSAGES_PER_PROCESS[isChatty ? 'many' : 'usual'];
    for (const process of this.#processes)
      for (let i = 0; i < count; i++) {
        const atMs = this.#random.between(0, TROUBLE_MS);
        this.#queue.push(atMs, () => this.#send(process));
      }
  }

  #planFaults(): void {
    const random = this.#random;
    for (let i = random.below(3); i > 0; i--) {
      const atMs = random.between(0, TROUBLE_MS);
      const side = this.#processes.filter(() => random.chance(0.5));
      this.#queue.push(atMs, () =>
        this.#carrier.split(new Set(side.map(({ keys }) => keys.account))),
      );
      this.#queue.push(atMs + random.between(0, OUTAGE_LIMIT_MS), () => this.#carrier.split(null));
    }
    for (let i = random.below(4); i > 0; i--) {
      const process = random.pick(this.#processes);
      const atMs = random.between(0, TROUBLE_MS);
      this.#queue.push(atMs, () => this.#crash(process));
      if (random.chance(FOR_EVER)) continue;
      this.#queue.push(atMs + random.between(0, OUTAGE_LIMIT_MS), () => this.#start(process));
    }
  }

  #send(process: Process): void {
    if (process.stack === null) return;
    const random = this.#random;
    const { index, life, stack } = process;
    const by = { process: index, life };
    const other = random.pick(this.#processes.filter((candidate) => candidate !== process));
    const text = `message ${this.#nextText++} of ${index}.${life}${' and so on'.repeat(random.below(30))}`;
    const { nowMs: atMs, trace } = this;
    if (this.#kind === 'gossip' || this.#kind === 'best-effort')
      trace.add({ kind: 'broadcast', atMs, by, text });
    else if (this.#kind === 'calls') trace.add({ kind: 'called', atMs, by, to: other.index, text });
    else if (this.#kind !== 'fair-loss')
      trace.add({ kind: 'sent', atMs, by, to: other.index, text });
    stack.send(other.keys.account, text);
    this.#plan(process);
  }

  #start(process: Process): void {
    if (process.stack !== null) return;
    process.life++;
    const by = { process: process.index, life: process.life };
    const { trace } = this;
    trace.add({ kind: 'started', atMs: this.nowMs, by });
    const indexOf = (account: Account): number => this.#byAccount.get(account)?.index ?? -1;
    const readNowMs = (): number => this.nowMs;
    process.stack = makeStack(this.#kind, {
      self: process.keys.account,
      keys: process.keys,
      carrier: this.#carrier.linkOf(process.keys.account),
      random: this.#random.fork(),
      members: [...this.#byAccount.keys()],
      get nowMs() {
        return readNowMs();
      },
      sent: (to, text) => trace.add({ kind: 'sent', atMs: this.nowMs, by, to: indexOf(to), text }),
      delivered: (from, text) =>
        trace.add({ kind: 'delivered', atMs: this.nowMs, by, from: indexOf(from), text }),
      settled: (to, text, failure) =>
        trace.add({ kind: 'settled', atMs: this.nowMs, by, to: indexOf(to), text, failure }),
      executed: (from, text) =>
        trace.add({ kind: 'executed', atMs: this.nowMs, by, from: indexOf(from), text }),
      ended: (text, result, failure) =>
        trace.add({ kind: 'ended', atMs: this.nowMs, by, text, result, failure }),
      later: (delayMs, happen) =>
        this.#queue.push(this.nowMs + delayMs, () => {
          if (process.life !== by.life || process.stack === null) return;
          happen();
          this.#plan(process);
        }),
    });
    process.wakeMs = Number.POSITIVE_INFINITY;
  }

  #crash(process: Process): void {
    if (process.stack === null) return;
    const by = { process: process.index, life: process.life };
    this.trace.add({ kind: 'crashed', atMs: this.nowMs, by });
    process.stack = null;
  }

  #arrive(to: Account, from: Account, bytes: Uint8Array): void {
    const process = this.#byAccount.get(to);
    if (process?.stack === null || process === undefined) return;
    this.#datagrams++;
    process.stack.receive(from, bytes);
    this.#plan(process);
  }

  /** Wakes a process when its stack wants it. */
  #plan(process: Process): void {
    const { life } = process;
    const nextMs = process.stack?.nextMs ?? Number.POSITIVE_INFINITY;
    if (nextMs >= process.wakeMs || nextMs === Number.POSITIVE_INFINITY) return;
    const wakeMs = Math.max(nextMs, this.nowMs);
    process.wakeMs = wakeMs;
    this.#queue.push(wakeMs, () => {
      if (process.life !== life || process.stack === null || process.wakeMs !== wakeMs) return;
      process.wakeMs = Number.POSITIVE_INFINITY;
      process.stack.tick();
      this.#plan(process);
    });
  }
}

/** Runs the world of a seed, and checks its trace for all that the stack promises. */
export function runLinkWorld(kind: StackKind, seed: number): LinkWorldResult {
  const world = new LinkWorld(kind, seed);
  world.run();
  const { trace } = world;
  const violated: PropertyName[] = [];
  const violations: string[] = [];
  for (const name of STACKS[kind]) {
    const what = CHECKERS[name](trace);
    if (what === null) continue;
    violated.push(name);
    violations.push(`${name} ${PROPERTIES[name]}: ${what}`);
  }
  const sent = trace.of('sent').length + trace.of('broadcast').length + trace.of('called').length;
  const delivered = trace.of('delivered').length + trace.of('executed').length;
  const crashes = trace.of('crashed').length;
  return { violations, violated, sent, delivered, crashes, datagrams: world.datagrams };
}
