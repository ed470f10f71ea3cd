/**
 * The peer's payments (R13, R20): two-phase commit over remote calls on authenticated links across the overlay, its
 * parties found by account in the room's hash table, its records in the peer's store.
 */
import type { Account } from '../ledger/account.ts';
import type { PaymentOrder } from '../ledger/commit/attempt.ts';
import { Commitments } from '../ledger/commit/commitments.ts';
import type { CommitClocks, CommitOutput, CommitSigner } from '../ledger/commit/desk.ts';
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
} from '../ledger/commit/messages.ts';
import { decodeRecord, encodeRecord, type CommitRecord } from '../ledger/commit/record.ts';
import type { PaymentView } from '../ledger/commit/view.ts';
import type { CoinName } from '../ledger/coin-name.ts';
import { recoverSigner } from '../ledger/signature.ts';
import { digestOf, signTransaction, type Transaction } from '../ledger/transaction.ts';
import { AuthenticatedLink } from '../net/links/authenticated.ts';
import type { Randomness } from '../net/links/fair-loss.ts';
import { LINK_PORT, overlayCarrier, readOverlayBody } from '../net/links/overlay-carrier.ts';
import { PairKeys } from '../net/links/pair-keys.ts';
import { Rpc, type AskedCall, type RpcEvent } from '../net/links/rpc.ts';
import { TokenBucket } from '../net/token-bucket.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import type { LedgerKeeper } from './ledger-keeper.ts';
import type { Overlay } from './overlay.ts';
import { PaymentLedger } from './payment-ledger.ts';

/** Votes that one account may ask of us: each costs a signature and a write that is waited for. */
export const VOTE_RATE = { perSecond: 4, burst: 16 } as const;
/** Accounts whose rate is remembered; the one that was quiet for longest leaves. */
const RATES_LIMIT = 256;

const NO_ANSWER = new Uint8Array(0);

/** One chain's payments; another genesis block means others. */
interface Desk {
  readonly ledger: LedgerKeeper;
  readonly commitments: Commitments;
}

export class Payments {
  readonly #context: PeerContext;
  readonly #overlay: Overlay;
  readonly #keeper: ChainKeeper;
  readonly #random: Randomness;
  readonly #submit: (transaction: Transaction) => void;
  readonly #rates = new Map<Account, TokenBucket>();
  /** Whose answer a call, or a write, is waited for, and under which ticket. */
  readonly #calls = new Map<number, { readonly desk: Desk; readonly ticket: number }>();
  readonly #writes = new Map<number, { readonly desk: Desk; readonly ticket: number }>();
  #rpc: Rpc | null = null;
  #desk: Desk | null = null;
  #nextWrite = 1;

  /** @param submit takes a committed transaction to the mempool and to the room */
  constructor(
    context: PeerContext,
    overlay: Overlay,
    keeper: ChainKeeper,
    random: Randomness,
    submit: (transaction: Transaction) => void,
  ) {
    this.#context = context;
    this.#overlay = overlay;
    this.#keeper = keeper;
    this.#random = random;
    this.#submit = submit;
  }

  /** Payments as this peer sees them, the oldest first. */
  views(): readonly PaymentView[] {
    return this.#desk?.commitments.views() ?? [];
  }

  /** Whether a payment of ours that may still count spends this coin. */
  isLocked(name: CoinName): boolean {
    return this.#desk?.commitments.isLocked(name) ?? false;
  }

  /** There is a ledger now, at its genesis block. `records` are those of its payments in the store. */
  opened(ledger: LedgerKeeper, records: readonly Uint8Array[]): void {
    const { keys } = this.#context.options;
    const commitments = new Commitments({
      ledger: new PaymentLedger(keys.account, ledger, () => this.#keeper.chain),
      signer: this.#signer(ledger),
      uniform: () => this.#random.uniform(),
    });
    ledger.followers.push((change) => commitments.follow(change));
    this.#desk = { ledger, commitments };
    const { genesis } = ledger.ledger.rules;
    const read = records.map((bytes) => decodeRecord(bytes, genesis));
    commitments.restore(
      read.filter((record): record is CommitRecord => record !== null),
      this.#clocks(),
    );
  }

  /** The chain of the ledger is as far as the store had it. */
  resume(): void {
    this.#run((commitments, clocks) => commitments.resume(clocks));
  }

  /** An event tells what becomes of it. */
  pay(order: PaymentOrder): void {
    if (this.#desk === null) {
      this.#context.event({ kind: 'payment-refused', code: 'no-ledger' });
      return;
    }
    this.#run((commitments, clocks) => {
      const outcome = commitments.pay(order, clocks);
      if (!outcome.ok) this.#context.event({ kind: 'payment-refused', code: outcome.code });
      return outcome.outputs;
    });
  }

  /** A datagram for the port of links. */
  received(from: Account, body: string): void {
    const bytes = readOverlayBody(body);
    if (bytes !== null) this.#handle(this.#link().receive(from, bytes, this.#context.nowMs));
  }

  /** A write of ours is on the disk. */
  stored(write: number): void {
    const waiting = this.#writes.get(write);
    this.#writes.delete(write);
    if (waiting === undefined || waiting.desk !== this.#desk) return;
    this.#run((commitments, clocks) => commitments.written(waiting.ticket, clocks));
  }

  tick(): void {
    const { nowMs } = this.#context;
    if (this.#rpc !== null && this.#rpc.nextMs <= nowMs) this.#handle(this.#rpc.tick(nowMs));
    this.#run((commitments, clocks) => commitments.tick(clocks));
  }

  #run(act: (commitments: Commitments, clocks: CommitClocks) => readonly CommitOutput[]): void {
    const desk = this.#desk;
    if (desk === null) return;
    for (const output of act(desk.commitments, this.#clocks())) this.#perform(desk, output);
  }

  #perform(desk: Desk, output: CommitOutput): void {
    const { nowMs, outputs } = this.#context;
    switch (output.kind) {
      case 'write': {
        const { id, record, ticket } = output;
        const write = this.#nextWrite++;
        this.#writes.set(write, { desk, ticket });
        const bytes = record === null ? null : encodeRecord(record);
        outputs.push({ kind: 'persist', record: { kind: 'payment', id, bytes, write } });
        return;
      }
      case 'find':
        this.#find(output.account, (found) => {
          if (desk === this.#desk)
            this.#run((commitments, clocks) => commitments.found(output.ticket, found, clocks));
        });
        return;
      case 'ask': {
        const { to, request, timeoutMs, ticket } = output;
        const called = this.#link().call(to, encodeRequest(request), nowMs, timeoutMs);
        if (called.kind === 'called') this.#calls.set(called.id, { desk, ticket });
        else this.#run((commitments, clocks) => commitments.ended(ticket, null, clocks));
        return;
      }
      case 'answer': {
        const bytes = encodeAnswer(output.answer);
        this.#link().answer(output.call as AskedCall, { kind: 'result', bytes }, nowMs);
        return;
      }
      case 'submit':
        this.#submit(output.transaction);
        return;
      case 'changed': {
        const payment = this.views().find(({ key }) => key === output.key);
        if (payment !== undefined) this.#context.event({ kind: 'payment', payment });
        return;
      }
    }
  }

  /** A neighbour is in the room; of others the hash table knows. */
  #find(account: Account, then: (found: boolean) => void): void {
    for (const { nodeId } of this.#context.greeted()) if (nodeId === account) return then(true);
    this.#overlay.directory.find(account, (record) => then(record !== null));
  }

  #handle(events: readonly RpcEvent[]): void {
    for (const event of events)
      switch (event.kind) {
        case 'asked':
          this.#asked(event.call, event.bytes);
          break;
        case 'ended': {
          const waiting = this.#calls.get(event.id);
          this.#calls.delete(event.id);
          if (waiting === undefined || waiting.desk !== this.#desk) break;
          const { answer } = event;
          const { genesis } = waiting.desk.ledger.ledger.rules;
          const read = answer.kind === 'result' ? decodeAnswer(answer.bytes, genesis) : null;
          this.#run((commitments, clocks) => commitments.ended(waiting.ticket, read, clocks));
          break;
        }
        default:
          break;
      }
  }

  #asked(call: AskedCall, bytes: Uint8Array): void {
    const { nowMs } = this.#context;
    const genesis = this.#desk?.ledger.ledger.rules.genesis ?? null;
    const request = genesis === null ? null : decodeRequest(bytes, genesis);
    if (request === null) {
      this.#link().answer(call, { kind: 'error', bytes: NO_ANSWER }, nowMs);
      return;
    }
    if (request.kind === 'prepare' && !this.#rateOf(call.from).take(nowMs)) {
      const refusal = encodeAnswer({ kind: 'refusal', code: 'too-many-votes' });
      this.#link().answer(call, { kind: 'result', bytes: refusal }, nowMs);
      return;
    }
    this.#run((commitments, clocks) => commitments.asked(call, call.from, request, clocks));
  }

  /** Made when it is first needed: in rooms without payments it costs nothing. */
  #link(): Rpc {
    const { options, nowMs } = this.#context;
    this.#rpc ??= new Rpc(
      new AuthenticatedLink({
        carrier: overlayCarrier((to, body) => this.#overlay.send(to, LINK_PORT, body)),
        keys: new PairKeys(options.keys, nowMs),
        room: options.room,
        random: this.#random,
      }),
    );
    return this.#rpc;
  }

  #rateOf(account: Account): TokenBucket {
    const { perSecond, burst } = VOTE_RATE;
    const rate = this.#rates.get(account) ?? new TokenBucket(perSecond, burst, this.#context.nowMs);
    this.#rates.delete(account);
    if (this.#rates.size >= RATES_LIMIT) this.#rates.delete(this.#rates.keys().next().value!);
    this.#rates.set(account, rate);
    return rate;
  }

  #signer({ checks }: LedgerKeeper): CommitSigner {
    const { keys } = this.#context.options;
    return {
      account: keys.account,
      sign: (id) => signTransaction(id, keys),
      isBy: (account, id, signature) => recoverSigner(digestOf(id), signature) === account,
      check: (transaction) => checks.check(transaction),
    };
  }

  #clocks(): CommitClocks {
    return { wallMs: this.#context.clocks.wallMs, nowMs: this.#context.nowMs };
  }
}
