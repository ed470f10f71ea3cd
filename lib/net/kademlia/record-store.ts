/**
 * The records that a node keeps for others: one of each account, the latest, until it expires (R11).
 */
import type { Account } from '../../ledger/account.ts';
import { isNearer } from './ids.ts';
import type { PeerRecord } from './record.ts';

/** Records kept: k for each peer of a room of a thousand would be 8 a node, so this bears an uneven hundredfold. */
export const RECORDS_LIMIT = 800;

export type KeepOutcome = 'kept' | 'known' | 'outdated' | 'full';

export class RecordStore {
  readonly #self: Account;
  readonly #records = new Map<Account, PeerRecord>();
  /** Of the public keys of those records. */
  readonly #accounts = new Map<string, Account>();

  constructor(self: Account) {
    this.#self = self;
  }

  get size(): number {
    return this.#records.size;
  }

  get(account: Account, wallMs: number): PeerRecord | null {
    const record = this.#records.get(account);
    return record !== undefined && record.expiresMs > wallMs ? record : null;
  }

  /** Whether exactly this record is kept: it comes again every few minutes, and was checked when it first came. */
  holds(record: PeerRecord): boolean {
    const account = this.#accounts.get(record.publicKey);
    const known = account === undefined ? undefined : this.#records.get(account);
    return (
      known !== undefined &&
      known.signature === record.signature &&
      known.sequence === record.sequence &&
      known.expiresMs === record.expiresMs &&
      known.room === record.room &&
      known.reach === record.reach
    );
  }

  /** Keeps a record that has been checked. In a full store the account farthest from us leaves, which may be this one. */
  keep(account: Account, record: PeerRecord): KeepOutcome {
    const known = this.#records.get(account);
    if (known !== undefined && known.sequence >= record.sequence)
      return known.sequence === record.sequence ? 'known' : 'outdated';
    if (known === undefined && this.#records.size >= RECORDS_LIMIT) {
      const farthest = [...this.#records.keys()].reduce((a, b) =>
        isNearer(this.#self, a, b) ? b : a,
      );
      if (!isNearer(this.#self, account, farthest)) return 'full';
      this.#drop(farthest);
    }
    this.#records.set(account, record);
    this.#accounts.set(record.publicKey, account);
    return 'kept';
  }

  tick(wallMs: number): void {
    for (const [account, { expiresMs }] of this.#records)
      if (expiresMs <= wallMs) this.#drop(account);
  }

  #drop(account: Account): void {
    this.#accounts.delete(this.#records.get(account)!.publicKey);
    this.#records.delete(account);
  }
}
