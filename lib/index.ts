/**
 * Tabchain for browsers and bundlers: the chain, the room's link, and a tab as a peer.
 */
export type { HashHex } from './chain/bytes.ts';
export { hashBlock, hashBlockHex, type Block } from './chain/block.ts';
export { Chain, type AcceptOutcome, type Arrival } from './chain/chain.ts';
export { CODES } from './chain/codes.ts';
export { decodeBlock, encodeBlock, type DecodeResult } from './chain/codec.ts';
export { classRules, homeworkRules, type Rules } from './chain/rules.ts';
export { HOMEWORK_TARGET, meetsTarget, readTarget } from './chain/target.ts';
export type { TreeEntry } from './chain/tree.ts';
export { makeKeyPair, type Account, type KeyPair } from './ledger/account.ts';
export { encodePayload, readPayload, type Payload } from './ledger/payload.ts';
export { readRoomLink, writeRoomFragment, type RoomPolicy } from './net/room-link.ts';
export { Peer, type PeerOptions } from './peer/peer.ts';
export type { PeerEvent, PeerInput, PeerOutput } from './peer/inputs.ts';
export type { BlockDetail, BlockView, PeerSnapshot } from './peer/snapshot.ts';
export type { RoomSession, SessionSnapshot } from './drivers/session.ts';
export { openTabSession, type TabSession, type TabSessionOptions } from './drivers/tab-session.ts';
