/**
 * Whether a stored chain is the one of this room (R28): a chain of another genesis block is refused and never replaced.
 */
import { hashBlockHex } from '../../chain/block.ts';
import { Chain } from '../../chain/chain.ts';
import { FIRST_GENESIS, isEndorsedBy, judgeGenesis } from '../../peer/genesis.ts';
import type { StoredChain } from '../../peer/inputs.ts';
import type { PeerOptions } from '../../peer/peer.ts';

/** Whether a peer with these options would go on with this chain. */
export function fitsRoom(
  { genesis, endorsement, blocks }: StoredChain,
  { genesis: source, room, target, keys, udpRoot = FIRST_GENESIS }: PeerOptions,
): boolean {
  const isBridge = source.kind === 'endorsed' && source.bridge === keys.account;
  const endorsed =
    source.kind === 'endorsed' &&
    isEndorsedBy(source.bridge, room, hashBlockHex(genesis), endorsement);
  const decision = judgeGenesis(genesis, 'store', endorsed, {
    source: isBridge ? { kind: 'heard' } : source,
    room,
    homeworkTarget: target,
    udpRoot,
  });
  if (decision.kind === 'refuse') return false;
  const [first] = blocks;
  if (decision.rules.kind !== 'homework' || first === undefined) return true;
  // A constant target may stand in the genesis block, or be another one than before.
  return (
    new Chain(genesis, decision.rules, { from: 'store', wallMs: 0 }).append(first.block) !== null
  );
}
