/**
 * The secrets that a peer shares with others of its room, from which links over the relay get their keys (R9, R26).
 *
 * Each is computed once from both sides' own keys. Whoever is in the room can call as fast as the server passes frames,
 * some thousand times a second, so strangers share a budget for it.
 */
import { sharedSecret, accountOf, type Account, type KeyPair } from '../../ledger/account.ts';
import { AGREEMENTS_BURST, AGREEMENTS_PER_SECOND } from '../../net/links/pair-keys.ts';
import { TokenBucket } from '../../net/token-bucket.ts';

/** Secrets kept, the latest used: twice as many as there are links, so that those of a room that comes back are there. */
export const SECRETS_LIMIT = 128;

export class RelaySecrets {
  readonly #keys: KeyPair;
  /** In the order in which they were last used. */
  readonly #secrets = new Map<Account, Uint8Array>();
  readonly #strangers: TokenBucket;

  constructor(keys: KeyPair, nowMs: number) {
    this.#keys = keys;
    this.#strangers = new TokenBucket(AGREEMENTS_PER_SECOND, AGREEMENTS_BURST, nowMs);
  }

  /** The secret shared with a node that we have called; null where this is not its public key. */
  ofCalled(nodeId: Account, publicKey: Uint8Array): Uint8Array | null {
    if (accountOf(publicKey) !== nodeId || nodeId === this.#keys.account) return null;
    const secret = this.#secrets.get(nodeId) ?? sharedSecret(this.#keys, publicKey);
    if (secret !== null) this.#keep(nodeId, secret);
    return secret;
  }

  /** The same for a node that calls us; null also where it is new and too many such nodes call at once. */
  ofCaller(nodeId: Account, publicKey: Uint8Array, nowMs: number): Uint8Array | null {
    // A key that is not the node's costs nothing to send, and so must not use up what others need.
    if (accountOf(publicKey) !== nodeId) return null;
    if (!this.#secrets.has(nodeId) && !this.#strangers.take(nowMs)) return null;
    return this.ofCalled(nodeId, publicKey);
  }

  #keep(nodeId: Account, secret: Uint8Array): void {
    this.#secrets.delete(nodeId);
    if (this.#secrets.size >= SECRETS_LIMIT)
      this.#secrets.delete(this.#secrets.keys().next().value!);
    this.#secrets.set(nodeId, secret);
  }
}
