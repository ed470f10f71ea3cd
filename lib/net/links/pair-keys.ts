/**
 * The secrets that one account shares with each other, by which they prove datagrams to each other (R19).
 *
 * Both compute the same secret, each from its own secret key and the other's public key (static Diffie-Hellman on
 * secp256k1, scheme C(0e, 2s) of NIST SP 800-56A), so nothing but a public key is ever exchanged, and that proves
 * itself: the account is its hash. No signature is made, so none can be replayed or has to be ordered; freshness is the
 * perfect link's business, whose frames name lives, sessions and sequences. What this does not give: proof to third
 * parties (what needs that carries a signature of its own), secrecy (nothing here is secret), and, for one whose own
 * key is stolen, safety from being lied to in others' names.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { writeUtf8 } from '../../chain/bytes.ts';
import { accountOf, sharedSecret, type Account, type KeyPair } from '../../ledger/account.ts';
import { TokenBucket } from '../token-bucket.ts';

/** Secrets kept: one for each peer that a perfect link sends to or hears from. */
export const PAIR_KEYS_LIMIT = 512;
/** An agreement takes some 2 ms, so strangers may take 2 % of a core, after a burst as large as two classes. */
export const AGREEMENTS_PER_SECOND = 10;
export const AGREEMENTS_BURST = 64;

/** Keeps the secret apart from every other use of the same keys. */
const PURPOSE = writeUtf8('tabchain link pair key 1');

export type PairKeyOutcome =
  | { readonly ok: true; readonly key: Uint8Array }
  | { readonly ok: false; readonly code: 'bad-seal' | 'too-many-peers' };

export class PairKeys {
  readonly #own: KeyPair;
  /** In the order in which they were last used. */
  readonly #keys = new Map<Account, Uint8Array>();
  readonly #budget: TokenBucket;

  constructor(own: KeyPair, nowMs: number) {
    this.#own = own;
    this.#budget = new TokenBucket(AGREEMENTS_PER_SECOND, AGREEMENTS_BURST, nowMs);
  }

  get account(): Account {
    return this.#own.account;
  }

  get publicKey(): Uint8Array {
    return this.#own.publicKey;
  }

  /** The secret shared with an account, of 32 bytes; null where its public key has not come yet. */
  get(account: Account): Uint8Array | null {
    const key = this.#keys.get(account);
    if (key === undefined) return null;
    this.keep(account, key);
    return key;
  }

  /** Takes the public key of a peer that we want to talk to. False where it is no key. */
  learn(publicKey: Uint8Array): boolean {
    const account = accountOf(publicKey);
    if (this.#keys.has(account)) return true;
    const key = this.#agree(publicKey);
    if (key !== null) this.keep(account, key);
    return key !== null;
  }

  /**
   * The secret shared with a stranger that shows this public key: `bad-seal` where it is no key, `too-many-peers` where
   * too many strangers come at once. It is not kept: whoever proves that it knows the secret is, by {@link keep}.
   */
  agree(account: Account, publicKey: Uint8Array, nowMs: number): PairKeyOutcome {
    const known = this.#keys.get(account);
    if (known !== undefined) return { ok: true, key: known };
    if (!this.#budget.take(nowMs)) return { ok: false, code: 'too-many-peers' };
    const key = this.#agree(publicKey);
    return key === null ? { ok: false, code: 'bad-seal' } : { ok: true, key };
  }

  /** Keeps a secret. At the limit the one longest unused is forgotten; it can be computed again. */
  keep(account: Account, key: Uint8Array): void {
    this.#keys.delete(account);
    if (this.#keys.size >= PAIR_KEYS_LIMIT) this.#keys.delete(this.#keys.keys().next().value!);
    this.#keys.set(account, key);
  }

  #agree(publicKey: Uint8Array): Uint8Array | null {
    const point = sharedSecret(this.#own, publicKey);
    return point && hmac(sha256, PURPOSE, point.subarray(1));
  }
}
