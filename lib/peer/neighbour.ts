/**
 * What a peer keeps of one link: who is behind it, where its chain stands, how it behaves.
 */
import type { Account } from '../ledger/account.ts';
import { CHECKS_BURST, CHECKS_PER_SECOND } from '../ledger/mempool.ts';
import { Heartbeat } from '../net/heartbeat.ts';
import { HomeworkMiner } from '../net/homework.ts';
import { MessageReader } from '../net/message-reader.ts';
import { NO_STATUS, type ChainStatus } from '../net/chain-status.ts';
import type { Message } from '../net/messages.ts';
import { Serving } from '../net/serving.ts';
import { TokenBucket } from '../net/token-bucket.ts';
import type { LinkKind } from './snapshot.ts';

/** Messages a second that are answered; gossip of the busiest room stays far below. What comes faster is dropped. */
export const MESSAGE_RATE = { perSecond: 1_000, burst: 4_000 } as const;
/** Dropped messages after which the link is closed: no honest peer goes on like that. */
export const DROPPED_MESSAGES_LIMIT = 10_000;

/** A Tabchain peer behind WebRTC or a relay. */
export interface RoomNeighbour {
  readonly kind: 'room';
  readonly linkId: string;
  readonly linkKind: LinkKind;
  /** Whom we believed to reach; null where nobody said. */
  readonly expectedId: Account | null;
  /** Null until its hello. */
  nodeId: Account | null;
  name: string;
  agent: 'tab' | 'node';
  status: ChainStatus;
  /** Its own neighbours, as it says. */
  neighbours: readonly Account[];
  readonly reader: MessageReader;
  /** Messages that wait for their turn, the oldest first: see message-order.ts. */
  readonly waiting: Message[];
  readonly heartbeat: Heartbeat;
  readonly budget: TokenBucket;
  readonly serving: Serving;
  /** Signature checks that what it brings may cost. */
  readonly checks: TokenBucket;
  /** The genesis block of the chain on which it was offered what waits here. */
  offeredGenesis: string | null;
  dropped: number;
}

/** One that has introduced itself. */
export type GreetedNeighbour = RoomNeighbour & { readonly nodeId: Account };

/** A homework miner behind UDP: `miner` is null for the link on which strangers are heard. */
export interface UdpNeighbour {
  readonly kind: 'udp';
  readonly linkId: string;
  readonly name: string;
  readonly miner: HomeworkMiner | null;
  /** Whether it writes only `previous_hash`; then it is answered with both names. */
  readsPreviousHash: boolean;
  trouble: string | null;
}

export type Neighbour = RoomNeighbour | UdpNeighbour;

export function makeRoomNeighbour(
  linkId: string,
  linkKind: LinkKind,
  expectedId: Account | null,
  monotonicMs: number,
): RoomNeighbour {
  return {
    kind: 'room',
    linkId,
    linkKind,
    expectedId,
    nodeId: null,
    name: '',
    agent: 'tab',
    status: NO_STATUS,
    neighbours: [],
    reader: new MessageReader(),
    waiting: [],
    heartbeat: new Heartbeat(monotonicMs),
    budget: new TokenBucket(MESSAGE_RATE.perSecond, MESSAGE_RATE.burst, monotonicMs),
    serving: new Serving(),
    checks: new TokenBucket(CHECKS_PER_SECOND, CHECKS_BURST, monotonicMs),
    offeredGenesis: null,
    dropped: 0,
  };
}

/** The link id under which a UDP transport reports datagrams of strangers, to whom nothing is ever sent. */
export const UDP_STRANGERS_LINK = 'udp:?';

export function makeUdpNeighbour(linkId: string, monotonicMs: number): UdpNeighbour {
  const strangers = linkId === UDP_STRANGERS_LINK;
  return {
    kind: 'udp',
    linkId,
    name: linkId.slice('udp:'.length),
    miner: strangers ? null : new HomeworkMiner(monotonicMs),
    readsPreviousHash: false,
    trouble: null,
  };
}
