/** Chains whose every hash is good enough: long ones, with large blocks, cost a test next to nothing. */
import { hashBlockHex, NO_PREVIOUS_HASH, type Block } from '../../lib/chain/block.ts';
import { readHex, writeUtf8, type HashHex } from '../../lib/chain/bytes.ts';
import { Chain } from '../../lib/chain/chain.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { MAX_TARGET } from '../../lib/chain/target.ts';
import { makeGenesis } from './test-miner.ts';

export const FREE_TARGET = MAX_TARGET;
export const FREE_GENESIS = makeGenesis(writeUtf8('free'));
export const FREE_GENESIS_HASH = hashBlockHex(FREE_GENESIS);

/** A block without any search. `text` tells blocks on one parent apart; the data is filled up to `dataBytes`. */
export function freeBlock(previous: HashHex, text: string, dataBytes = 0): Block {
  return {
    data: writeUtf8(text.padEnd(dataBytes)),
    previousHash: readHex(previous)!,
    proofOfWork: NO_PREVIOUS_HASH.subarray(0, 8),
  };
}

/** Blocks one upon the other, lowest first. */
export function freeBlocks(
  previous: HashHex,
  length: number,
  text: string,
  dataBytes = 0,
): Block[] {
  const blocks: Block[] = [];
  for (let at = previous; blocks.length < length; at = hashBlockHex(blocks.at(-1)!))
    blocks.push(freeBlock(at, `${text} ${blocks.length}`, dataBytes));
  return blocks;
}

/** A chain that holds these blocks, given in an order in which parents come first. */
export function freeChain(...blocks: readonly Block[]): Chain {
  const chain = new Chain(FREE_GENESIS, homeworkRules(FREE_TARGET), { from: 'test', wallMs: 0 });
  extend(chain, blocks);
  return chain;
}

export function extend(chain: Chain, blocks: readonly Block[]): void {
  for (const block of blocks) chain.accept(block, { from: 'test', wallMs: 0, networkMs: 0 });
}

/** The hash of the last block, or of the genesis block. */
export function lastHash(blocks: readonly Block[]): HashHex {
  return blocks.length === 0 ? FREE_GENESIS_HASH : hashBlockHex(blocks.at(-1)!);
}
