/**
 * Worlds of payments (R13, R31): parties with the unchanged machine of two-phase commit, on a network and a chain that
 * a seed, or a test, makes fail. Whatever happens, the checkers look on.
 */
import type { Account } from '../../ledger/account.ts';
import type { CoinName } from '../../ledger/coin-name.ts';
import type { PaymentOrder } from '../../ledger/commit/attempt.ts';
import type { CommitClocks, CommitOutput } from '../../ledger/commit/desk.ts';
import type { CommitAnswer, CommitRefusal, CommitRequest } from '../../ledger/commit/messages.ts';
import { EventQueue, type Happening } from '../event-queue.ts';
import type { Random } from '../random.ts';
import { Checkers, type PromiseName } from './checkers.ts';
import type { ModelBlock } from './model-chain.ts';
import { Party, type PartyWorld } from './party.ts';

export interface CommitWorldOptions {
  readonly random: Random;
  readonly parties: number;
  /** Coins of each party. */
  readonly coinsEach: number;
  /** One way, at least; as much again by chance. */
  readonly delayMs: number;
  /** Of each datagram, until the network heals. */
  readonly loss: number;
  readonly duplication: number;
  /** How often a cohort refuses for no reason, until the network heals. */
  readonly refusals: number;
  /** What a write takes, until it is on the disk, and until that is known. */
  readonly writeMs: number;
  readonly spacingMs: number;
  readonly healsMs: number;
  readonly endsMs: number;
}

export interface CommitWorldResult {
  readonly broken: ReadonlyMap<PromiseName, string>;
  /** Attempts that were begun, and those that all three have signed. */
  readonly attempted: number;
  readonly committed: number;
  readonly crashes: number;
}

const TICK_MS = 500;
/** Longer than any crash, and than the attempts of an order. */
const QUIET_AFTER_MS = 32_000;
/** A request that is not answered is sent again so long after the first, then after twice as long each. */
const RESEND_MS = 400;

interface Call {
  readonly id: number;
  readonly from: Party;
  readonly life: number;
  readonly ticket: number;
  readonly request: CommitRequest;
  isOver: boolean;
}

/** What a party gives back with its answer. */
interface Asked {
  readonly call: Call;
  readonly by: Party;
}

export class CommitWorld implements PartyWorld {
  readonly parties: readonly Party[];
  readonly checkers: Checkers;
  readonly firstCoins = new Map<CoinName, Account>();
  readonly options: CommitWorldOptions;
  /** Pairs that do not hear each other, as the index of one plus 100 times that of the other. */
  readonly cut = new Set<number>();
  nowMs = 0;
  crashes = 0;
  readonly #queue = new EventQueue();
  #calls = 0;

  constructor(options: CommitWorldOptions) {
    this.options = options;
    const accounts = Array.from({ length: options.parties }, (_, i) =>
      i.toString(16).padStart(40, '0'),
    );
    accounts.forEach((account, i) => {
      for (let coin = 0; coin < options.coinsEach; coin++)
        this.firstCoins.set(
          `${String.fromCharCode(65 + i)}${coin}`.padEnd(42, 'A') + 'A.0',
          account,
        );
    });
    this.parties = accounts.map((account) => new Party(account, this));
    this.checkers = new Checkers(this.parties);
    for (const party of this.parties) party.crashed = () => void this.crashes++;
  }

  get clocks(): CommitClocks {
    return { wallMs: 1_800_000_000_000 + this.nowMs, nowMs: this.nowMs };
  }

  get isHealed(): boolean {
    return this.nowMs >= this.options.healsMs;
  }

  uniform(): number {
    return this.options.random.uniform();
  }

  refuse(): CommitRefusal | null {
    const { random, refusals } = this.options;
    return !this.isHealed && random.chance(refusals) ? 'declined' : null;
  }

  /** Plans something. */
  at(ms: number, happening: Happening): void {
    this.#queue.push(ms, happening);
  }

  pay(party: Party, to: Party, witness: Party, amount: number): void {
    const order: PaymentOrder = { to: to.account, witness: witness.account, amount };
    this.#try(party, () => party.pay(order));
  }

  /** Runs to the end, and returns what was broken. */
  run(): CommitWorldResult {
    const { endsMs, random } = this.options;
    for (const party of this.parties) {
      this.#try(party, () => party.start());
      this.#tick(party, random.uniform() * TICK_MS);
    }
    this.#mine();
    while (this.#queue.nextMs <= endsMs && !this.#isOver()) {
      this.nowMs = this.#queue.nextMs;
      this.#queue.pop()!();
    }
    this.checkers.end();
    const { broken, attempted, committed } = this.checkers;
    return { broken, attempted, committed, crashes: this.crashes };
  }

  perform(party: Party, output: Exclude<CommitOutput, { kind: 'write' }>): void {
    const asked = output.kind === 'answer' ? (output.call as Asked) : null;
    this.checkers.did(party, output, asked?.call.request ?? null);
    switch (output.kind) {
      case 'find':
        this.#later(party, () =>
          party.take((machine, clocks) => machine.found(output.ticket, true, clocks)),
        );
        return;
      case 'ask':
        this.#ask(party, output);
        return;
      case 'answer':
        this.#answer(asked!, output.answer);
        return;
      case 'submit':
        this.#submit(party, output.transaction);
        return;
      case 'changed':
        this.checkers.compare(party);
    }
  }

  /** On the disk after a while; and known to be there after another, unless the party is gone by then. */
  write(party: Party, { id, record, ticket }: Extract<CommitOutput, { kind: 'write' }>): void {
    const { writeMs } = this.options;
    const { life } = party;
    this.checkers.writes(id, record, this.nowMs);
    this.at(this.nowMs + writeMs, () => {
      if (party.life !== life) return;
      party.keep(id, record);
      this.checkers.wrote(party, id, record, this.nowMs);
      this.at(this.nowMs + writeMs, () => {
        if (party.life !== life) return;
        this.#try(party, () => party.take((machine, clocks) => machine.written(ticket, clocks)));
      });
    });
  }

  /** Everyone who comes back has come back by then, and no order begins another attempt. */
  #isOver(): boolean {
    return this.nowMs > this.options.healsMs + QUIET_AFTER_MS && this.checkers.isQuiet;
  }

  #later(party: Party, act: () => void): void {
    const { life } = party;
    this.at(this.nowMs + this.#delay(), () => {
      if (party.life === life) this.#try(party, act);
    });
  }

  #tick(party: Party, inMs: number): void {
    this.at(this.nowMs + inMs, () => {
      this.#try(party, () => party.take((machine, clocks) => machine.tick(clocks)));
      this.checkers.judgeLocks(party, this.nowMs);
      this.#tick(party, TICK_MS);
    });
  }

  #ask(from: Party, output: Extract<CommitOutput, { kind: 'ask' }>): void {
    const { ticket, request, timeoutMs } = output;
    const to = this.parties.find(({ account }) => account === output.to)!;
    const call: Call = {
      id: ++this.#calls,
      ...{ from, ticket, request },
      life: from.life,
      isOver: false,
    };
    const untilMs = this.nowMs + timeoutMs;
    const send = (waitMs: number): void => {
      if (call.isOver || from.life !== call.life || this.nowMs > untilMs) return;
      this.#carry(from, to, () => {
        this.#try(to, () =>
          to.take((machine, clocks) =>
            machine.asked({ call, by: to }, from.account, request, clocks),
          ),
        );
      });
      this.at(this.nowMs + waitMs, () => send(2 * waitMs));
    };
    send(RESEND_MS);
    this.at(untilMs, () => this.#end(call, null));
  }

  #answer({ call, by }: Asked, answer: CommitAnswer): void {
    this.#carry(by, call.from, () => this.#end(call, answer));
  }

  #end(call: Call, answer: CommitAnswer | null): void {
    if (call.isOver || call.from.life !== call.life) return;
    call.isOver = true;
    this.#try(call.from, () =>
      call.from.take((machine, clocks) => machine.ended(call.ticket, answer, clocks)),
    );
  }

  /** Into a party's mempool, and on to all others. */
  #submit(party: Party, payment: Parameters<Party['ledger']['submit']>[0]): void {
    if (!party.ledger.submit(payment)) return;
    for (const other of this.parties)
      if (other !== party)
        this.#carry(party, other, () => {
          if (other.machine !== null) this.#submit(other, payment);
        });
  }

  #mine(): void {
    const { random, spacingMs } = this.options;
    this.at(this.nowMs + spacingMs * (0.5 + random.uniform()), () => {
      this.#mine();
      const living = this.parties.filter(({ machine }) => machine !== null);
      if (living.length === 0) return;
      const miner = random.pick(living);
      const block = miner.ledger.mine();
      for (const party of this.parties)
        if (party === miner) this.#hear(party, block);
        else this.#carry(miner, party, () => this.#hear(party, block));
    });
  }

  #hear(party: Party, block: ModelBlock): void {
    this.#try(party, () => party.hear(block));
    this.checkers.compare(party);
    this.checkers.judgeLocks(party, this.nowMs);
  }

  /** One datagram: lost, once, or twice; later ones may overtake it. */
  #carry(from: Party, to: Party, arrive: () => void): void {
    const { random, loss, duplication } = this.options;
    const isCut = this.cut.has(this.#pair(from, to));
    if (!this.isHealed && (isCut || random.chance(loss))) return;
    this.at(this.nowMs + this.#delay(), arrive);
    if (!this.isHealed && random.chance(duplication)) this.at(this.nowMs + this.#delay(), arrive);
  }

  #pair(from: Party, to: Party): number {
    return this.parties.indexOf(from) + 100 * this.parties.indexOf(to);
  }

  #delay(): number {
    const { delayMs, random } = this.options;
    return delayMs * (1 + random.uniform());
  }

  #try(party: Party, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.checkers.report('threw', String(error instanceof Error ? error.stack : error));
      party.crash();
    }
  }
}
