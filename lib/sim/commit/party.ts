/**
 * One machine of a world of payments: the unchanged machine of two-phase commit, a disk, and a chain (R13, R17). Before
 * each thing that it takes in and each thing that it does it may be cut off.
 */
import type { Account } from '../../ledger/account.ts';
import type { CoinName } from '../../ledger/coin-name.ts';
import type { PaymentOrder } from '../../ledger/commit/attempt.ts';
import { Commitments } from '../../ledger/commit/commitments.ts';
import type { CommitClocks, CommitOutput, CommitSigner } from '../../ledger/commit/desk.ts';
import type { CommitRefusal } from '../../ledger/commit/messages.ts';
import { decodeRecord, encodeRecord, type CommitRecord } from '../../ledger/commit/record.ts';
import type { TransactionId } from '../../ledger/transaction.ts';
import { FIRST_BLOCK, GENESIS, ModelLedger, type ModelBlock } from './model-chain.ts';

/** What a party does goes through its world, which may lose it. */
export interface PartyWorld {
  readonly clocks: CommitClocks;
  readonly firstCoins: ReadonlyMap<CoinName, Account>;
  uniform(): number;
  /** A cohort's mood. */
  refuse(): CommitRefusal | null;
  perform(party: Party, output: Exclude<CommitOutput, { kind: 'write' }>): void;
  write(party: Party, output: Extract<CommitOutput, { kind: 'write' }>): void;
}

export class Party {
  readonly account: Account;
  /** What is on its disk, by payment. */
  readonly disk = new Map<TransactionId, Uint8Array>();
  /** Null while it is down. */
  machine: Commitments | null = null;
  ledger: ModelLedger;
  /** Its lives so far. */
  life = 0;
  /** Things taken in and done so far. */
  steps = 0;
  /** The number of the step before which it is cut off. */
  crashAtStep = Number.POSITIVE_INFINITY;
  /** Told when it is. */
  crashed: () => void = () => {};
  readonly #world: PartyWorld;

  constructor(account: Account, world: PartyWorld) {
    this.account = account;
    this.#world = world;
    this.ledger = new ModelLedger(account, world.firstCoins, FIRST_BLOCK);
  }

  /** Begins a life with what the disk holds. */
  start(): void {
    const world = this.#world;
    this.life++;
    this.ledger = new ModelLedger(this.account, world.firstCoins, this.ledger.tip);
    const machine = new Commitments({
      ledger: this.ledger,
      signer: fakeSigner(this.account),
      uniform: () => world.uniform(),
      policy: () => world.refuse(),
    });
    this.machine = machine;
    machine.restore(this.records(), world.clocks);
    machine.follow({ listed: this.ledger.moveTo(this.ledger.tip) });
    this.take((commitments, clocks) => commitments.resume(clocks));
  }

  /** The plug is pulled. */
  crash(): void {
    if (this.machine === null) return;
    this.machine = null;
    this.life++;
    this.crashed();
  }

  pay(order: PaymentOrder): void {
    this.take((machine, clocks) => machine.pay(order, clocks).outputs);
  }

  /** Gives the machine an input, and does what it says. */
  take(act: (machine: Commitments, clocks: CommitClocks) => readonly CommitOutput[]): void {
    if (this.machine === null || this.#isCutOff()) return;
    const { life } = this;
    for (const output of act(this.machine, this.#world.clocks)) {
      if (this.life !== life || this.#isCutOff()) return;
      if (output.kind === 'write') this.#world.write(this, output);
      else this.#world.perform(this, output);
    }
  }

  /** A block has come; the longer chain is followed. */
  hear(block: ModelBlock): void {
    if (this.machine === null || block.height <= this.ledger.height) return;
    this.machine.follow({ listed: this.ledger.moveTo(block) });
    this.take((machine, clocks) => machine.tick(clocks));
  }

  records(): CommitRecord[] {
    return [...this.disk.values()].map((bytes) => decodeRecord(bytes, GENESIS)!);
  }

  keep(id: TransactionId, record: CommitRecord | null): void {
    if (record === null) this.disk.delete(id);
    else this.disk.set(id, encodeRecord(record));
  }

  #isCutOff(): boolean {
    if (this.steps++ !== this.crashAtStep) return false;
    this.crash();
    return true;
  }
}

/** Signatures that only look like such: true ones take a thousand times as long, and worlds forge none. */
export function fakeSignature(account: Account, id: TransactionId): string {
  return `AA${id.slice(0, 42)}A${'ABCDEFGHIJKLMNOP'[parseInt(account[39]!, 16)]!}${'A'.repeat(41)}`;
}

function fakeSigner(account: Account): CommitSigner {
  return {
    account,
    sign: (id) => fakeSignature(account, id),
    isBy: (other, id, signature) => signature === fakeSignature(other, id),
    check({ id, body, signatures }) {
      if (body.kind !== 'pay' || signatures.length !== 3) return false;
      const parties = [body.from, body.to, body.witness];
      return parties.every((party, i) => signatures[i] === fakeSignature(party, id));
    },
  };
}
