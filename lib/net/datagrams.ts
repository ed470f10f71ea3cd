/**
 * Overlay datagrams: messages between peers that are not neighbours, passed on from neighbour to neighbour (R11, R20).
 *
 * Each hop goes to the neighbour that is nearest to the addressee by XOR, or that has such a neighbour; the next datagram
 * of the same sender to the same addressee to the next best one, as the first may have been lost there. A datagram may be lost, may come twice, and may overtake another: it is a fair-loss link, on which better ones are built. Nothing in
 * it is proved, its sender least of all: what it carries must be authenticated by the protocol of its port.
 */
import type { Account } from '../ledger/account.ts';
import { compareDistance, highBits, isNearer } from './kademlia/ids.ts';
import type { Message } from './messages.ts';
import { RecentMap } from './recent-map.ts';
import { TokenBucket } from './token-bucket.ts';
import { TriedWays } from './tried-ways.ts';

/** Hops after which a datagram is dropped: more than twice log2 of 10,000 peers. */
export const HOPS_LIMIT = 30;
/** Hops that may lead away from the addressee: round a gap in the mesh, not through the whole room after one who left. */
export const DETOURS_LIMIT = 4;
/** Datagrams remembered, so that one that comes round again takes another way: some seconds of the busiest forwarding. */
export const SEEN_LIMIT = 4_096;
/** And so long at least: by then a datagram has arrived or is lost, on the longest way with a second for each hop. */
export const SEEN_MS = 30_000;
/**
 * Bytes a second that one neighbour may have us forward or take, and at once: offers for a dozen links, or two-phase
 * commits by the dozen. What comes beyond is lost, as nobody can make us forward without end.
 */
export const FORWARD_RATE = { bytesPerSecond: 131_072, burstBytes: 1_048_576 } as const;
/** What a datagram costs beside its body, so that empty ones are not free: about 250 a second pass. */
export const DATAGRAM_COST_BYTES = 512;
/** Neighbours whose budgets are kept; links that ended leave theirs, so that a new link brings no new budget. */
export const BUDGETS_LIMIT = 256;

export type Datagram = Extract<Message, { type: 'datagram' }>;

/** A neighbour as routing sees it. What routing is handed stays as it is: other neighbours are another list. */
export interface Hop {
  readonly nodeId: Account;
  /** Its own neighbours, as it says. A lie costs datagrams, which may be lost anyway. */
  readonly neighbours: readonly Account[];
}

export const DROP_REASONS = [
  /** It has come too far. */
  'too-many-hops',
  /** It has left the straight way too often: the addressee is not to be found. */
  'too-many-detours',
  /** There is no neighbour left that it has not been with. */
  'no-way',
  /** The neighbour that brought it has used up its share. */
  'over-budget',
  /** We were to send what is no datagram: a wrong addressee, or a body that is too long. */
  'unfit',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

export type RouteOutcome =
  | { readonly kind: 'arrived' }
  | { readonly kind: 'forward'; readonly nodeId: Account; readonly datagram: Datagram }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

export interface DatagramCounts {
  readonly sent: number;
  readonly arrived: number;
  readonly forwarded: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** The neighbour to go through, and the nearest id known to lie behind it. */
interface Way {
  readonly nodeId: Account;
  readonly reaches: Account;
}

/** All ways that there are, one in each place: neighbours themselves, and what lies behind each. */
interface Ways {
  readonly of: readonly Hop[];
  readonly nodeIds: readonly Account[];
  readonly reaches: readonly Account[];
  /** The highest bits of what each reaches. */
  readonly bits: Uint32Array;
}

const NO_WAYS: Ways = { of: [], nodeIds: [], reaches: [], bits: new Uint32Array(0) };
const NOBODY: readonly Account[] = [];

export class DatagramRouter {
  readonly #self: Account;
  readonly #tried = new TriedWays();
  /** With whom each datagram has been, by its sender and id: a few, so that a list is smaller and faster than a set. */
  readonly #seen = new RecentMap<Account[]>(SEEN_MS, SEEN_LIMIT);
  #ways = NO_WAYS;
  readonly #budgets = new Map<Account, TokenBucket>();
  #sent = 0;
  #arrived = 0;
  #forwarded = 0;
  readonly #dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<
    DropReason,
    number
  >;

  constructor(self: Account) {
    this.#self = self;
  }

  /** What became of all datagrams since the start. */
  get counts(): DatagramCounts {
    return {
      sent: this.#sent,
      arrived: this.#arrived,
      forwarded: this.#forwarded,
      dropped: { ...this.#dropped },
    };
  }

  /** Where our own datagram goes first. */
  send(datagram: Datagram, hops: readonly Hop[], nowMs: number): RouteOutcome {
    this.#sent++;
    return this.#pass(datagram, hops, this.#remember(datagram, nowMs), nowMs);
  }

  /** Where a datagram goes that this neighbour has brought. */
  receive(datagram: Datagram, via: Account, hops: readonly Hop[], nowMs: number): RouteOutcome {
    const costBytes = DATAGRAM_COST_BYTES + datagram.body.length;
    if (!this.#budgetOf(via, nowMs).take(nowMs, costBytes)) return this.drop('over-budget');
    const been = this.#remember(datagram, nowMs);
    note(been, via);
    return this.#pass(datagram, hops, been, nowMs);
  }

  /** Counts a datagram that is lost here. */
  drop(reason: DropReason): RouteOutcome {
    this.#dropped[reason]++;
    return { kind: 'dropped', reason };
  }

  #pass(datagram: Datagram, hops: readonly Hop[], been: Account[], nowMs: number): RouteOutcome {
    const { to } = datagram;
    if (to === this.#self) return this.#arrive();
    const tried = this.#tried.between(datagram.from, to, nowMs);
    const next = this.#chooseWay(datagram, hops, been, tried);
    const gains = this.#gains(to, next);
    if (datagram.reach === 'nearest' && !gains) return this.#arrive();
    if (next === null) return this.drop('no-way');
    if (datagram.hops >= HOPS_LIMIT) return this.drop('too-many-hops');
    const detours = datagram.detours + (gains ? 0 : 1);
    if (detours > DETOURS_LIMIT) return this.drop('too-many-detours');
    note(been, next.nodeId);
    note(tried, next.nodeId);
    this.#forwarded++;
    const passed = { ...datagram, hops: datagram.hops + 1, detours };
    return { kind: 'forward', nodeId: next.nodeId, datagram: passed };
  }

  /** The best way, or the next best one that leads nearer where earlier datagrams of this pair took the best. */
  #chooseWay(
    { to, reach, detours }: Datagram,
    hops: readonly Hop[],
    been: readonly Account[],
    tried: Account[],
  ): Way | null {
    if (hops !== this.#ways.of) this.#ways = listWays(hops);
    const best = chooseWay(to, this.#ways, been, NOBODY);
    if (best === null || best.nodeId === to || !tried.includes(best.nodeId)) return best;
    const other = chooseWay(to, this.#ways, been, tried);
    if (this.#gains(to, other)) return other;
    // A way round helps where the only straight one is lost, unless the datagram is for whoever is nearest: that were we.
    if (other !== null && reach === 'exact' && detours < DETOURS_LIMIT) return other;
    tried.length = 0;
    return best;
  }

  /** Whether it leads nearer than we are. */
  #gains(to: Account, way: Way | null): boolean {
    return way !== null && isNearer(to, way.reaches, this.#self);
  }

  #arrive(): RouteOutcome {
    this.#arrived++;
    return { kind: 'arrived' };
  }

  #remember({ from, id }: Datagram, nowMs: number): Account[] {
    const key = `${from} ${id}`;
    let been = this.#seen.get(key);
    if (been === undefined) this.#seen.set(key, (been = [from, this.#self]), nowMs);
    return been;
  }

  #budgetOf(via: Account, nowMs: number): TokenBucket {
    const known = this.#budgets.get(via);
    if (known !== undefined) return known;
    if (this.#budgets.size >= BUDGETS_LIMIT) this.#budgets.delete(this.#findSpared(nowMs));
    const budget = new TokenBucket(FORWARD_RATE.bytesPerSecond, FORWARD_RATE.burstBytes, nowMs);
    this.#budgets.set(via, budget);
    return budget;
  }

  /** Whose budget is full, and so is the same when it comes again; the one known for longest where none is. */
  #findSpared(nowMs: number): Account {
    for (const [via, budget] of this.#budgets)
      if (budget.available(nowMs) >= FORWARD_RATE.burstBytes) return via;
    return this.#budgets.keys().next().value!;
  }
}

function note(noted: Account[], id: Account): void {
  if (!noted.includes(id)) noted.push(id);
}

function listWays(hops: readonly Hop[]): Ways {
  const nodeIds = hops.flatMap(({ nodeId, neighbours }) =>
    new Array<Account>(1 + neighbours.length).fill(nodeId),
  );
  const reaches = hops.flatMap(({ nodeId, neighbours }) => [nodeId, ...neighbours]);
  return { of: hops, nodeIds, reaches, bits: Uint32Array.from(reaches, highBits) };
}

/**
 * The best way to go on; null where the datagram has been with all.
 * @param left neighbours that are not to be gone through, though what lies behind others may be one of them
 */
function chooseWay(
  to: Account,
  { nodeIds, reaches, bits }: Ways,
  been: readonly Account[],
  left: readonly Account[],
): Way | null {
  let best: Way | null = null;
  let distance = 2 ** 32;
  const target = highBits(to);
  for (let i = 0; i < bits.length; i++) {
    // Of a hundred and more that are looked at for each datagram hardly any is nearer.
    const other = (bits[i]! ^ target) >>> 0;
    if (other > distance) continue;
    const nodeId = nodeIds[i]!;
    const id = reaches[i]!;
    const order = best === null ? -1 : compareDistance(to, id, best.reaches);
    // Of two ways to one id the one that ends there is shorter.
    if (order > 0 || (order === 0 && id !== nodeId)) continue;
    if (been.includes(nodeId) || been.includes(id) || left.includes(nodeId)) continue;
    best = { nodeId, reaches: id };
    distance = other;
  }
  return best;
}
