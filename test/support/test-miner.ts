/** A miner for tests: finds proofs for targets so easy that it takes a few hashes. */
import { hashBlock, hashBlockHex, NO_PREVIOUS_HASH, type Block } from '../../lib/chain/block.ts';
import { bigintToBytes, readHex, writeUtf8, type HashHex } from '../../lib/chain/bytes.ts';
import { meetsTarget } from '../../lib/chain/target.ts';

/** About 16 hashes a block: quick to search, and as many hashes fail as a test needs. */
export const EASY_TARGET = 1n << 252n;

/** Searches from nonce 0 on; the same input gives the same block. */
export function mineBlock(data: Uint8Array, previous: HashHex, target = EASY_TARGET): Block {
  return searchBlock(data, previous, (hash) => meetsTarget(hash, target));
}

/** A block that looks right but whose hash does not meet the target. */
export function mineWithoutWork(data: Uint8Array, previous: HashHex, target = EASY_TARGET): Block {
  return searchBlock(data, previous, (hash) => !meetsTarget(hash, target));
}

/** A genesis block; it is not required to have work (R4). */
export function makeGenesis(data = writeUtf8('Genesis')): Block {
  return { data, previousHash: NO_PREVIOUS_HASH, proofOfWork: new Uint8Array(8) };
}

/** A chain of blocks with work, lowest first; texts in their data tell branches apart. */
export function mineChain(previous: HashHex, length: number, text: string): Block[] {
  const blocks: Block[] = [];
  let at = previous;
  for (let i = 0; i < length; i++) {
    const block = mineBlock(writeUtf8(`${text} ${i}`), at);
    blocks.push(block);
    at = hashBlockHex(block);
  }
  return blocks;
}

function searchBlock(
  data: Uint8Array,
  previous: HashHex,
  isWanted: (hash: Uint8Array) => boolean,
): Block {
  const previousHash = readHex(previous)!;
  for (let nonce = 0n; ; nonce++) {
    const block = { data, previousHash, proofOfWork: bigintToBytes(nonce, 8) };
    if (isWanted(hashBlock(block))) return block;
  }
}
