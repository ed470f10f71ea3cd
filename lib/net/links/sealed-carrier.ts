/**
 * Makes a fair-loss link of a carrier that may not only lose datagrams but also forge, change, redirect and replay them:
 * each datagram carries a proof of its sender, its receiver and its room; one without a valid proof counts as lost (R19).
 *
 * The proof is HMAC-SHA256, cut to 128 bits as in RFC 4868, under the secret of the pair (`pair-keys.ts`). What is
 * replayed is genuine, a late duplicate, which a fair-loss link may deliver.
 *
 *     sealed  1 ‖ public key (33) ‖ tag (16) ‖ bytes
 *     ask     2 ‖ public key (33)                      who are you? I have something to send
 *     key     3 ‖ public key (33)                      the answer
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { LinkCode, MessageCode } from '../../chain/codes.ts';
import { concatBytes, equalBytes, readHex, writeUtf8 } from '../../chain/bytes.ts';
import { accountOf, PUBLIC_KEY_BYTES, type Account } from '../../ledger/account.ts';
import type { FairLossLink } from './fair-loss.ts';
import { FieldReader, writeFrame } from './fields.ts';
import type { PairKeys } from './pair-keys.ts';

const TAG_BYTES = 16;
/** A sealed datagram is so much longer than its bytes. */
export const SEAL_OVERHEAD_BYTES = 1 + PUBLIC_KEY_BYTES + TAG_BYTES;
/** Peers asked for their keys at a time, with the last datagram for each, which is small: it asks for a session. */
export const ASKED_LIMIT = 256;

const KINDS = { sealed: 1, ask: 2, key: 3 } as const;

export type OpenOutcome =
  | { readonly kind: 'opened'; readonly bytes: Uint8Array }
  /** It served the carriers themselves. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly code: LinkCode | MessageCode };

export class SealedCarrier implements FairLossLink {
  readonly #below: FairLossLink;
  readonly #keys: PairKeys;
  readonly #room: Uint8Array;
  /** What waits for each peer's key. */
  readonly #asked = new Map<Account, Uint8Array>();

  /** @param room what the proofs are good for: datagrams of another room are refused */
  constructor(below: FairLossLink, keys: PairKeys, room: string) {
    this.#below = below;
    this.#keys = keys;
    this.#room = writeUtf8(`tabchain link 1 ${room}\n`);
  }

  get limitBytes(): number {
    return this.#below.limitBytes - SEAL_OVERHEAD_BYTES;
  }

  send(to: Account, bytes: Uint8Array): void {
    const key = this.#keys.get(to);
    if (key !== null) {
      this.#sendSealed(to, key, bytes);
      return;
    }
    this.#asked.delete(to);
    if (this.#asked.size >= ASKED_LIMIT) this.#asked.delete(this.#asked.keys().next().value!);
    this.#asked.set(to, bytes);
    this.#below.send(to, writeFrame(KINDS.ask, this.#keys.publicKey));
  }

  /** Takes a datagram from the carrier, which says that it is `from` this account. */
  open(from: Account, datagram: Uint8Array, nowMs: number): OpenOutcome {
    const reader = new FieldReader(datagram);
    const kind = reader.byte();
    const publicKey = reader.take(PUBLIC_KEY_BYTES);
    if (reader.failed) return refuse('bad-datagram');
    if (accountOf(publicKey) !== from) return refuse('stolen-id');
    switch (kind) {
      case KINDS.sealed: {
        const tag = reader.take(TAG_BYTES);
        return reader.failed
          ? refuse('bad-datagram')
          : this.#openSealed(from, publicKey, tag, reader.rest(), nowMs);
      }
      case KINDS.ask:
      case KINDS.key:
        if (!reader.isDone) return refuse('bad-datagram');
        this.#introduce(from, publicKey);
        if (kind === KINDS.ask) this.#below.send(from, writeFrame(KINDS.key, this.#keys.publicKey));
        return { kind: 'taken' };
      default:
        return refuse('bad-datagram');
    }
  }

  #openSealed(
    from: Account,
    publicKey: Uint8Array,
    tag: Uint8Array,
    bytes: Uint8Array,
    nowMs: number,
  ): OpenOutcome {
    const agreed = this.#keys.agree(from, publicKey, nowMs);
    if (!agreed.ok) return refuse(agreed.code);
    if (!equalBytes(tag, this.#tagOf(agreed.key, from, this.#keys.account, bytes)))
      return refuse('bad-seal');
    this.#keys.keep(from, agreed.key);
    this.#sendAsked(from);
    return { kind: 'opened', bytes };
  }

  /** Only a key that we asked for is learned, so strangers cannot crowd out those whom we know. */
  #introduce(account: Account, publicKey: Uint8Array): void {
    if (this.#asked.has(account) && this.#keys.learn(publicKey)) this.#sendAsked(account);
  }

  #sendAsked(to: Account): void {
    const bytes = this.#asked.get(to);
    const key = this.#keys.get(to);
    if (bytes === undefined || key === null) return;
    this.#asked.delete(to);
    this.#sendSealed(to, key, bytes);
  }

  #sendSealed(to: Account, key: Uint8Array, bytes: Uint8Array): void {
    const tag = this.#tagOf(key, this.#keys.account, to, bytes);
    this.#below.send(to, writeFrame(KINDS.sealed, this.#keys.publicKey, tag, bytes));
  }

  #tagOf(key: Uint8Array, from: Account, to: Account, bytes: Uint8Array): Uint8Array {
    const covered = concatBytes(this.#room, readHex(from)!, readHex(to)!, bytes);
    return hmac(sha256, key, covered).subarray(0, TAG_BYTES);
  }
}

function refuse(code: LinkCode | MessageCode): OpenOutcome {
  return { kind: 'refused', code };
}
