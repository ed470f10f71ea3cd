/**
 * Which genesis block a peer takes, and from whom: the policy of its room's link at work (R3, R28, R29, R30).
 */
import { hashBlock, isGenesisShape, type Block } from '../chain/block.ts';
import { bytesToHex, readHex } from '../chain/bytes.ts';
import type { BlockCode } from '../chain/codes.ts';
import { homeworkRules, type Rules } from '../chain/rules.ts';
import { meetsTarget } from '../chain/target.ts';
import { signText, verifyText, type Account, type KeyPair } from '../ledger/account.ts';
import { readGenesisData, rulesOf } from '../ledger/genesis.ts';
import type { Endorsement } from '../net/chain-status.ts';

/** Where the genesis comes from. */
export type GenesisSource =
  /** This one and no other; its data carries the rules, unless it is foreign: then the link's target holds. */
  | { readonly kind: 'pinned'; readonly hash: string }
  /** The one that this bridge signs. The bridge itself takes it from its UDP miners. */
  | { readonly kind: 'endorsed'; readonly bridge: Account }
  /** The first peer of the room makes one; between two, more work wins, then the smaller hash. */
  | { readonly kind: 'new' }
  /** The first one that a UDP miner sends. */
  | { readonly kind: 'heard' }
  /** This peer makes it for the UDP miners (the `genesis` argument of R6). */
  | { readonly kind: 'made' };

/** Which block a peer that hears its genesis from UDP miners takes as its root. */
export interface UdpRoot {
  /** 64 hex digits: this one and no other. Null: the first. */
  readonly hash: string | null;
  /**
   * Whether it may have a parent, as long as it has its work: for those who come late, when nobody sends the genesis
   * again. What lies below it is never known.
   */
  readonly any: boolean;
}

/** R3: the first genesis block that comes. */
export const FIRST_GENESIS: UdpRoot = { hash: null, any: false };

export interface GenesisPolicyOptions {
  readonly source: GenesisSource;
  readonly room: string;
  /** Constant target of rooms whose genesis is foreign. */
  readonly homeworkTarget: bigint;
  readonly udpRoot: UdpRoot;
}

export type GenesisDecision =
  | { readonly kind: 'adopt'; readonly rules: Rules; readonly pinned: boolean }
  | { readonly kind: 'refuse'; readonly code: BlockCode };

/** Whether this genesis block may found our chain. `way`: how it came; `endorsed`: the bridge signed its hash. */
export function judgeGenesis(
  block: Block,
  way: 'udp' | 'room' | 'store' | 'self',
  endorsed: boolean,
  { source, room, homeworkTarget, udpRoot }: GenesisPolicyOptions,
): GenesisDecision {
  const hash = hashBlock(block);
  const trusted = way === 'store' || way === 'self';
  switch (source.kind) {
    case 'pinned': {
      if (bytesToHex(hash) !== source.hash) return { kind: 'refuse', code: 'wrong-genesis' };
      const terms = readGenesisData(block.data);
      const rules = terms === null ? homeworkRules(homeworkTarget) : rulesOf(terms);
      return { kind: 'adopt', rules, pinned: true };
    }
    case 'new': {
      const terms = readGenesisData(block.data);
      if (
        !isGenesisShape(block) ||
        terms === null ||
        terms.room !== room ||
        !meetsTarget(hash, terms.target)
      )
        return { kind: 'refuse', code: 'bad-genesis' };
      return { kind: 'adopt', rules: rulesOf(terms), pinned: false };
    }
    case 'endorsed':
      // The store too may hold that of another bridge, from an older link to this room.
      if (!endorsed) return { kind: 'refuse', code: 'wrong-genesis' };
      return { kind: 'adopt', rules: homeworkRules(homeworkTarget), pinned: true };
    case 'heard': {
      if (!trusted && way !== 'udp') return { kind: 'refuse', code: 'wrong-genesis' };
      const isAsked = udpRoot.hash === bytesToHex(hash);
      if (udpRoot.hash !== null && !isAsked) return { kind: 'refuse', code: 'wrong-genesis' };
      if (!isGenesisShape(block) && !isAsked && way !== 'store') {
        if (!udpRoot.any) return { kind: 'refuse', code: 'wrong-genesis' };
        if (!meetsTarget(hash, homeworkTarget)) return { kind: 'refuse', code: 'no-work' };
      }
      return { kind: 'adopt', rules: homeworkRules(homeworkTarget), pinned: true };
    }
    case 'made':
      if (!trusted || !isGenesisShape(block)) return { kind: 'refuse', code: 'wrong-genesis' };
      return { kind: 'adopt', rules: homeworkRules(homeworkTarget), pinned: true };
  }
}

/** The text that a bridge signs: it names its purpose and room, so that the signature serves nothing else. */
function endorsementText(room: string, genesisHash: string): string {
  return `tabchain genesis ${room} ${genesisHash}`;
}

/** The bridge's signature, by which tabs take the genesis that its UDP miners run. */
export function endorseGenesis(room: string, genesisHash: string, keys: KeyPair): Endorsement {
  return {
    publicKey: bytesToHex(keys.publicKey),
    signature: bytesToHex(signText(endorsementText(room, genesisHash), keys)),
  };
}

/** Whether this bridge signed this genesis for this room. */
export function isEndorsedBy(
  bridge: Account,
  room: string,
  genesisHash: string,
  endorsement: Endorsement | null,
): boolean {
  if (endorsement === null) return false;
  const publicKey = readHex(endorsement.publicKey);
  const signature = readHex(endorsement.signature);
  if (publicKey === null || signature === null) return false;
  return verifyText(endorsementText(room, genesisHash), signature, publicKey, bridge);
}
