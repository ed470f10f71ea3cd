/**
 * The room in which the six tasks are performed (R18): its genesis block, and the options of its nodes.
 */
import { NO_PREVIOUS_HASH, hashBlockHex, type Block } from '../../chain/block.ts';
import { MAX_TARGET, targetToBytes } from '../../chain/target.ts';
import { KEY_SEED_BYTES, makeKeyPair, type KeyPair } from '../../ledger/account.ts';
import { BLOCK_REWARD, encodeGenesisData } from '../../ledger/genesis.ts';
import type { Randomness } from '../../net/links/fair-loss.ts';
import type { PeerOptions } from '../../peer/peer.ts';
import { searchProof } from '../../sim/proof-search.ts';
import { Random } from '../../sim/random.ts';
import { HASHES_PER_BLOCK } from './company.ts';

const ROOM_CODE = 'simulate';
/** Constant, so that the pace is that of the miners alone. */
export const TARGET = MAX_TARGET / BigInt(HASHES_PER_BLOCK);

export interface Room {
  readonly genesis: Block;
  readonly keys: readonly KeyPair[];
}

/** The genesis block and the key pairs of this seed. */
export function makeRoom(seed: number, peers: number, timeMs: number): Room {
  const random = new Random(seed);
  const keys = Array.from({ length: peers }, () => makeKeyPair(random.bytes(KEY_SEED_BYTES)));
  const data = encodeGenesisData({
    room: ROOM_CODE,
    rules: 'homework',
    target: TARGET,
    spacingMs: 0,
    reward: BLOCK_REWARD,
    timeMs,
  });
  const proofOfWork = searchProof(data, NO_PREVIOUS_HASH, targetToBytes(TARGET), random.uint32());
  return { genesis: { data, previousHash: NO_PREVIOUS_HASH, proofOfWork }, keys };
}

export function peerOptions(
  { genesis, keys }: Room,
  index: number,
  mines: boolean,
  random: Randomness,
): PeerOptions {
  return {
    keys: keys[index]!,
    agent: 'node',
    room: ROOM_CODE,
    genesis: { kind: 'pinned', hash: hashBlockHex(genesis) },
    target: TARGET,
    spacingMs: 0,
    minSpacingMs: 0,
    mines,
    previousField: 'previous',
    settings: { name: `node ${index}`, note: '', paused: false, power: 1 },
    random,
  };
}
