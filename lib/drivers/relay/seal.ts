/**
 * Seals what two peers say to each other through a server that neither trusts (R26, R21): it can drop, but not read,
 * alter, repeat, reorder or invent.
 *
 * The key comes from the Diffie-Hellman secret of both peers' own keys, so that having it proves the account, and from
 * a random part of each side, so that nothing of an earlier link fits. Whoever steals a peer's key later can read what
 * was recorded; blocks are public anyhow, and links of WebRTC, which follow within seconds, have keys of their own.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, writeUtf8 } from '../../chain/bytes.ts';
import type { Account } from '../../ledger/account.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** One end of a sealed connection. The frames of each direction must be opened in the order in which they were sealed. */
export interface SealedChannel {
  seal(text: Uint8Array): Uint8Array;
  /** The text; null where it was not sealed just so by the other end, next in order. */
  open(sealed: Uint8Array): Uint8Array | null;
}

export interface SealParties {
  /** What both ends alone can compute: see secrets.ts. */
  readonly secret: Uint8Array;
  readonly room: string;
  readonly ownId: Account;
  /** Of the other end. */
  readonly nodeId: Account;
  readonly isCaller: boolean;
  /** Random, of the caller and of the called. */
  readonly salts: readonly [Uint8Array, Uint8Array];
}

export function makeSealedChannel(parties: SealParties): SealedChannel {
  const { secret, room, ownId, nodeId, isCaller, salts } = parties;
  const [caller, called] = isCaller ? [ownId, nodeId] : [nodeId, ownId];
  const purpose = writeUtf8(`tabchain relay 1\n${room}\n${caller}\n${called}`);
  const both = hkdf(sha256, secret, concatBytes(...salts), purpose, 2 * KEY_BYTES);
  const directions = [both.subarray(0, KEY_BYTES), both.subarray(KEY_BYTES)] as const;
  const [ours, theirs] = isCaller ? directions : [directions[1], directions[0]];
  let sealed = 0;
  let opened = 0;
  return {
    seal: (text) => chacha20poly1305(ours, nonceOf(sealed++)).encrypt(text),
    open(text) {
      try {
        const plain = chacha20poly1305(theirs, nonceOf(opened)).decrypt(text);
        opened++;
        return plain;
      } catch {
        return null;
      }
    },
  };
}

function nonceOf(count: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  new DataView(nonce.buffer).setBigUint64(4, BigInt(count));
  return nonce;
}
