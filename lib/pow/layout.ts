/**
 * Where the nonce lies in the last 64-byte blocks of a hashed message, which follows from the data's length alone (R1).
 *
 * The message is data ‖ previous_hash ‖ p_o_w. A search varies one whole 32-bit word of the nonce (or, where the
 * nonce straddles two SHA-256 blocks, the bytes of it in the second one) and keeps the rest fixed, so that all before
 * that word is computed once.
 */
import { HASH_BYTES, PROOF_BYTES } from '../chain/block.ts';

/** SHA-256 works on blocks of 64 bytes, which are 16 words. */
export const SHA_BLOCK_BYTES = 64;

/** The last 9 bytes or more of a message's last SHA-256 block are padding: 0x80 and the length in 8 bytes. */
const PADDING_BYTES = 9;

export interface Layout {
  /** r = (data.length + 32) mod 64, 0 to 63: the nonce's offset in its SHA-256 block. Names the layout. */
  readonly nonceOffset: number;
  /** Which word of the first searched SHA-256 block the search varies, 0 to 15. */
  readonly variedWord: number;
  /** How many high bits of that word vary: 32, or 8, 16, 24 where the word holds fewer bytes of the nonce. */
  readonly variedBits: number;
  /** Index of the first varied byte within the nonce; 1 or more, so that the nonce's first byte never varies. */
  readonly variedByte: number;
  /** How many bytes of the varied word belong to the nonce. */
  readonly variedBytes: number;
  /** Compressions per hash: 2 where the padding does not fit behind the nonce. */
  readonly compressions: 1 | 2;
  /** True where the nonce lies in two SHA-256 blocks; the first of them is then part of what is fixed. */
  readonly straddles: boolean;
}

/** The layout of data of this length, 0 to 4096. */
export function layoutOf(dataLength: number): Layout {
  const nonceOffset = (dataLength + HASH_BYTES) % SHA_BLOCK_BYTES;
  const straddles = nonceOffset + PROOF_BYTES > SHA_BLOCK_BYTES;
  if (straddles) {
    const variedByte = SHA_BLOCK_BYTES - nonceOffset;
    const variedBytes = Math.min(4, PROOF_BYTES - variedByte);
    return {
      nonceOffset,
      variedWord: 0,
      variedBits: 8 * variedBytes,
      variedByte,
      variedBytes,
      compressions: 1,
      straddles,
    };
  }
  // The later the varied word is, the more rounds need no repeating. Two bytes of a word are enough for it; with one
  // the fixed part would change every 256 nonces.
  const end = nonceOffset + PROOF_BYTES;
  const isPartial = end % 4 >= 2;
  const variedWord = Math.floor(end / 4) - (isPartial ? 0 : 1);
  const variedBytes = isPartial ? end % 4 : 4;
  return {
    nonceOffset,
    variedWord,
    variedBits: 8 * variedBytes,
    variedByte: 4 * variedWord - nonceOffset,
    variedBytes,
    compressions: end + PADDING_BYTES > SHA_BLOCK_BYTES ? 2 : 1,
    straddles,
  };
}
