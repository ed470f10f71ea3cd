/**
 * The messages between Tabchain peers of a room: one UTF-8 JSON object each, over any reliable, ordered link.
 *
 * A block is pushed as the specification's own JSON (R2); every other message has a `type`. README.md of this room
 * describes the protocol, this file is its grammar. `decodeMessage` admits exactly what the grammar says.
 */
import { readUtf8, writeAscii, writeUtf8 } from '../chain/bytes.ts';
import type { Block } from '../chain/block.ts';
import { blockFromJson, blockToJson, type BlockJson } from '../chain/codec.ts';
import { hasRepeatedKeys } from '../chain/json-members.ts';
import type { Account } from '../ledger/account.ts';
import { isTransactionId } from '../ledger/coin-name.ts';
import type { TransactionId } from '../ledger/transaction.ts';
import { readStatus, statusToJson, writeStatus, type ChainStatus } from './chain-status.ts';
import { isCount, isHash, isNodeId, isPublicKey } from './message-fields.ts';

/** Revision of the protocol. Peers of different revisions part with `wrong-version`. */
export const PROTOCOL_VERSION = 4;
/** What every browser's data channel passes in one piece. */
export const MESSAGE_LIMIT_BYTES = 65_536;
/** Hashes or ids in one inventory, get or locator: a locator of a chain of 2^50 blocks has fewer. */
export const HASHES_LIMIT = 64;
/** Blocks in one chain message, so that judging one takes a few milliseconds. Bytes bound it first where blocks are big. */
export const CHAIN_BLOCKS_LIMIT = 500;
/**
 * Chain messages that one question asks for: as many as a link may have waiting, so that hardly any time passes between
 * one and the next, and few are on their way for nothing where the asker turns away.
 */
export const CHAIN_BATCHES_LIMIT = 4;
/** What is shown is cut to far fewer, so that a longer name is meant to cost room. */
const NAME_LIMIT_CHARS = 200;
/** Node ids in one message: more neighbours than any peer has. */
export const NODE_IDS_LIMIT = 32;
/** A session description with all its candidates has a few thousand; with its escapes it stays far below 64 KiB. */
export const BODY_LIMIT_CHARS = 16_384;
/** More than any hop count that is passed on. */
const STEPS_LIMIT = 255;
/** Well-formed text without control characters, so that JSON makes it at most three bytes a character. */
const BODY = /^[^\p{Cc}\p{Cs}]*$/u;

/** Which protocol of the addressee a datagram is for: new links, the distributed hash table, links with guarantees. */
export const PORTS = ['signal', 'kad', 'link'] as const;
export type Port = (typeof PORTS)[number];

export type Message =
  | { readonly type: 'block'; readonly block: Block }
  | {
      readonly type: 'hello';
      readonly version: number;
      readonly room: string;
      /** Compressed, hex; the node id is its SHA-1. */
      readonly publicKey: string;
      readonly name: string;
      readonly agent: 'tab' | 'node';
      readonly status: ChainStatus;
    }
  | { readonly type: 'status'; readonly status: ChainStatus }
  | { readonly type: 'name'; readonly name: string }
  /** Whether the sender's page is hidden, and may fall silent for a while. */
  | { readonly type: 'visibility'; readonly hidden: boolean }
  | { readonly type: 'inventory'; readonly hashes: readonly string[] }
  | { readonly type: 'get'; readonly hashes: readonly string[] }
  /** Its form and its signatures are for the ledger to judge; here it is any JSON object. */
  | { readonly type: 'transaction'; readonly transaction: object }
  | { readonly type: 'transaction-inventory'; readonly ids: readonly TransactionId[] }
  | { readonly type: 'get-transactions'; readonly ids: readonly TransactionId[] }
  | {
      readonly type: 'get-chain';
      readonly id: number;
      readonly locator: readonly string[];
      /** Chain messages wanted, of one id, one after the other: 1 to {@link CHAIN_BATCHES_LIMIT}. */
      readonly batches: number;
    }
  | {
      readonly type: 'chain';
      readonly id: number;
      readonly blocks: readonly Block[];
      /** Whether the sender's best chain goes on above these. */
      readonly more: boolean;
    }
  | { readonly type: 'ping'; readonly id: number; readonly status: ChainStatus }
  | { readonly type: 'pong'; readonly id: number; readonly clockMs: number }
  /** To whom the sender is linked now. */
  | { readonly type: 'neighbours'; readonly nodeIds: readonly Account[] }
  | {
      readonly type: 'datagram';
      readonly to: Account;
      /** Whether it is for this node id alone, or for whoever is nearest to it. */
      readonly reach: 'exact' | 'nearest';
      /** As the datagram claims: nobody on the way can tell. */
      readonly from: Account;
      /** Together with `from` it names the datagram. */
      readonly id: number;
      readonly hops: number;
      /** Those of the hops that led away from `to`. */
      readonly detours: number;
      readonly port: Port;
      readonly body: string;
    };

/** A batch of older blocks. */
export type ChainMessage = Extract<Message, { readonly type: 'chain' }>;

export type DecodedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly code: 'message-too-large' | 'bad-message' };

/** The bytes of a message. */
export function encodeMessage(message: Message): Uint8Array {
  // The most frequent ones are put together by hand.
  switch (message.type) {
    case 'ping':
      return writeAscii(
        `{"type":"ping","id":${message.id},"status":${writeStatus(message.status)}}`,
      );
    case 'pong':
      return writeAscii(`{"type":"pong","id":${message.id},"clockMs":${message.clockMs}}`);
    default:
      return writeUtf8(JSON.stringify(messageToJson(message)));
  }
}

/** Reads a message from a peer. Never throws. */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  if (bytes.length > MESSAGE_LIMIT_BYTES) return { ok: false, code: 'message-too-large' };
  const text = readUtf8(bytes);
  let value: unknown = null;
  try {
    if (text !== null) value = JSON.parse(text);
  } catch {
    value = null;
  }
  const message =
    typeof value === 'object' && value !== null && !hasRepeatedKeys(text!, value)
      ? messageFromJson(value as Record<string, unknown>)
      : null;
  return message === null ? { ok: false, code: 'bad-message' } : { ok: true, message };
}

/** The bytes that a block takes within a chain message, its comma included. */
export function sizeInChain(block: Block): number {
  return Math.ceil(block.data.length / 3) * 4 + 130;
}

function messageToJson(message: Message): unknown {
  switch (message.type) {
    case 'block':
      return blockToJson(message.block);
    case 'hello':
    case 'status':
    case 'ping':
      return { ...message, status: statusToJson(message.status) };
    case 'chain':
      return { ...message, blocks: message.blocks.map((block): BlockJson => blockToJson(block)) };
    default:
      return message;
  }
}

function messageFromJson(value: Record<string, unknown>): Message | null {
  const { type, id, name, status, hashes } = value;
  switch (type) {
    case undefined: {
      const block = blockFromJson(value);
      return block.ok ? { type: 'block', block: block.block } : null;
    }
    case 'hello': {
      const { version, room, publicKey, agent } = value;
      const known = readStatus(status);
      if (!isCount(version) || typeof room !== 'string' || room.length > 64 || known === null)
        return null;
      if (!isPublicKey(publicKey) || !isName(name)) return null;
      if (agent !== 'tab' && agent !== 'node') return null;
      return { type, version, room, publicKey, name, agent, status: known };
    }
    case 'status': {
      const known = readStatus(status);
      return known && { type, status: known };
    }
    case 'name':
      return isName(name) ? { type, name } : null;
    case 'visibility': {
      const { hidden } = value;
      return typeof hidden === 'boolean' ? { type, hidden } : null;
    }
    case 'inventory':
    case 'get':
      return isHashes(hashes) ? { type, hashes } : null;
    case 'transaction': {
      const { transaction } = value;
      return typeof transaction === 'object' && transaction !== null ? { type, transaction } : null;
    }
    case 'transaction-inventory':
    case 'get-transactions': {
      const { ids } = value;
      return isTransactionIds(ids) ? { type, ids } : null;
    }
    case 'get-chain': {
      const { locator, batches } = value;
      if (!isCount(batches) || batches < 1 || batches > CHAIN_BATCHES_LIMIT) return null;
      return isCount(id) && isHashes(locator) ? { type, id, locator, batches } : null;
    }
    case 'chain': {
      const { blocks: list, more } = value;
      if (!isCount(id) || typeof more !== 'boolean' || !Array.isArray(list)) return null;
      const blocks = readBlocks(list);
      return blocks && { type, id, blocks, more };
    }
    case 'ping': {
      const known = readStatus(status);
      return isCount(id) && known ? { type, id, status: known } : null;
    }
    case 'pong': {
      const { clockMs } = value;
      return isCount(id) && isCount(clockMs) ? { type, id, clockMs } : null;
    }
    case 'neighbours': {
      const { nodeIds } = value;
      if (!Array.isArray(nodeIds) || nodeIds.length > NODE_IDS_LIMIT) return null;
      return nodeIds.every(isNodeId) ? { type, nodeIds } : null;
    }
    case 'datagram': {
      const { to, reach, from, hops, detours, port, body } = value;
      if (!isNodeId(to) || !isNodeId(from) || !isCount(id)) return null;
      if (reach !== 'exact' && reach !== 'nearest') return null;
      if (!isCount(hops) || hops > STEPS_LIMIT || !isCount(detours) || detours > hops) return null;
      if (!isPort(port) || !isBody(body)) return null;
      return { type, to, reach, from, id, hops, detours, port, body };
    }
    default:
      return null;
  }
}

function readBlocks(list: readonly unknown[]): Block[] | null {
  if (list.length > CHAIN_BLOCKS_LIMIT) return null;
  const blocks: Block[] = [];
  for (const item of list) {
    if (typeof item !== 'object' || item === null) return null;
    const result = blockFromJson(item);
    if (!result.ok) return null;
    blocks.push(result.block);
  }
  return blocks;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_LIMIT_CHARS;
}

function isHashes(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= HASHES_LIMIT && value.every(isHash);
}

function isTransactionIds(value: unknown): value is TransactionId[] {
  return Array.isArray(value) && value.length <= HASHES_LIMIT && value.every(isTransactionId);
}

function isPort(value: unknown): value is Port {
  return (PORTS as readonly unknown[]).includes(value);
}

/** Whether this can be a datagram's body. */
export function isBody(value: unknown): value is string {
  return typeof value === 'string' && value.length <= BODY_LIMIT_CHARS && BODY.test(value);
}
