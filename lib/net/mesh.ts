/**
 * Whom to dial, whom to let in, and which link to give up: the one owner of a peer's few links (R14, R17).
 *
 * The links that neighbour-choice.ts asks for come first. Others stay while there is room for them, so that choices
 * which change break no link; when a wanted one comes to a full mesh, the slowest of the others leaves.
 *
 * Each newcomer to a room changes whom others want. So while many come, a peer that has a link, and takes part by it,
 * waits with further ones until it has been quiet for a moment: what would be made before would mostly be in vain.
 */
import type { Account } from '../ledger/account.ts';
import { Arrivals } from './arrivals.ts';
import { chooseNeighbours, LINK_LIMITS } from './neighbour-choice.ts';

/** First pause after a failed dial; it doubles with each further failure, up to the second figure. */
export const REDIAL_MS = { first: 3_000, most: 60_000 } as const;
/** The lower node id waits this long for the higher one to dial, then dials itself. */
export const ONE_SIDED_GRACE_MS = 8_000;
/** How long a peer that misbehaved is neither dialled nor let in. */
export const SHUN_MS = 60_000;
/** A link that ends sooner is a failed dial. */
export const STEADY_LINK_MS = 10_000;
/**
 * How long one that had no place for us, or we for it, is not dialled again. Both choose by the same rules, so that it
 * dials us as soon as it wants the link. Where each knows a part of the room, and learns of others by its links, choices
 * change with links and links with choices: without this pause some would be made and broken for ever.
 */
export const TURNED_AWAY_MS = 600_000;
/** One with less than this share of its links takes no notice of that: it needs any. */
const CONTENT_SHARE = 0.5;
/** Dials that fail in a row before somebody else is linked to in the node's place. It is dialled on, ever more rarely. */
export const GHOST_FAILURES = 3;
/** Dials at a time to nodes that nobody but neighbours has told of: who makes ids up costs us no more than these. */
export const HEARD_DIALS_LIMIT = 2;
/** Nodes that we have heard of from neighbours: about what two dozen of them are linked to. */
export const HEARD_LIMIT = 512;
/**
 * A node whose user was invited by hand has no other link yet, so it is kept so long, one beyond the limit if need be:
 * time to hear of others through us, and to be linked to them.
 */
export const GUEST_MS = 60_000;
/** Guests at a time beyond the usual links. */
export const GUESTS_LIMIT = 2;
/** With no more others than these nobody waits: all of them are linked at once, and stay. */
export const WAITLESS_OTHERS = 4;
/** Node ids remembered at most; a signaling server's room is smaller. */
export const PRESENT_LIMIT = 1_000;

const NOBODY: readonly Account[] = [];

interface Candidate {
  /** Since when it could be dialled, or how long its link has been there. */
  sinceMs: number;
  failures: number;
  notBeforeMs: number;
}

export class Mesh {
  readonly #self: Account;
  readonly #linkLimit: number;
  #present: readonly Account[] = [];
  #presentSet: ReadonlySet<Account> = new Set();
  #heard: readonly Account[] = [];
  /** Of those known the ones to be linked to; null where that is to be looked up again. */
  #wanted: Set<Account> | null = null;
  readonly #candidates = new Map<Account, Candidate>();
  readonly #linked = new Set<Account>();
  readonly #dialling = new Set<Account>();
  readonly #shunned = new Map<Account, number>();
  /** Who had no place for us, or we for it, and until when it is left alone. */
  readonly #turnedAway = new Map<Account, number>();
  /** Until when each is kept. */
  readonly #guests = new Map<Account, number>();
  readonly #arrivals = new Arrivals();
  /** What `newlyWanted` has answered last. */
  #told: ReadonlySet<Account> = new Set();

  constructor(self: Account, linkLimit: number = LINK_LIMITS.usual) {
    this.#self = self;
    this.#linkLimit = linkLimit;
  }

  get present(): readonly Account[] {
    return this.#present;
  }

  get linkCount(): number {
    return this.#linked.size;
  }

  /** The room's members have changed. */
  setPresent(nodeIds: readonly Account[], nowMs: number): void {
    const before = this.#presentSet;
    this.#present = [...new Set(nodeIds)].filter((id) => id !== this.#self).slice(0, PRESENT_LIMIT);
    this.#presentSet = new Set(this.#present);
    if (this.#present.some((id) => !before.has(id))) this.#arrivals.came(nowMs);
    this.#update(nowMs);
  }

  /** The neighbours' neighbours have changed: where no server tells who is there, they do. */
  setHeard(nodeIds: Iterable<Account>, nowMs: number): void {
    const heard = new Set(nodeIds);
    heard.delete(this.#self);
    this.#heard = [...heard].slice(0, HEARD_LIMIT);
    this.#update(nowMs);
  }

  /** This node comes by an invitation of our user, or of its own. To be called before `linked`. */
  welcome(nodeId: Account, nowMs: number): void {
    this.#forgetGuests(nowMs);
    if (this.#guests.size < GUESTS_LIMIT) this.#guests.set(nodeId, nowMs + GUEST_MS);
  }

  /** A link to this node is open. False where it should be closed: the mesh is full, or the node is shunned. */
  linked(nodeId: Account, nowMs: number): boolean {
    this.#dialling.delete(nodeId);
    if (nodeId === this.#self) return false;
    if ((this.#shunned.get(nodeId) ?? 0) > nowMs) return false;
    if (this.#linked.has(nodeId)) return true;
    this.#linked.add(nodeId);
    this.#reconsider(nodeId);
    const isFull = this.#linked.size > this.#linkLimit;
    if (
      isFull &&
      !this.#guests.has(nodeId) &&
      (!this.#findWanted().has(nodeId) || this.#unwanted().length === 0)
    ) {
      this.#linked.delete(nodeId);
      this.#reconsider(nodeId);
      // It may be one that we dialled: without a pause it would be dialled again at once.
      this.#postpone(nodeId, nowMs);
      return false;
    }
    this.#turnedAway.delete(nodeId);
    const candidate = this.#candidates.get(nodeId);
    if (candidate !== undefined) candidate.sinceMs = nowMs;
    return true;
  }

  /** The link to this node is gone; it may be dialled again after a pause. */
  unlinked(nodeId: Account, nowMs: number): void {
    const wasLinked = this.#linked.delete(nodeId);
    this.#reconsider(nodeId);
    const candidate = this.#candidates.get(nodeId);
    if (wasLinked && candidate !== undefined && nowMs - candidate.sinceMs >= STEADY_LINK_MS)
      candidate.failures = 0;
    this.#postpone(nodeId, nowMs);
  }

  /**
   * The links to give up now, as there are more than we may have. Those who had them are not dialled soon.
   *
   * @param delayMsOf round trip to a linked node; null where it is not measured
   */
  chooseCloses(delayMsOf: (nodeId: Account) => number | null, nowMs: number): readonly Account[] {
    this.#forgetGuests(nowMs);
    const surplus = this.#linked.size - this.#linkLimit;
    if (surplus <= 0) return NOBODY;
    const slowness = (id: Account): number => delayMsOf(id) ?? Number.MAX_VALUE;
    const closes = this.#unwanted()
      .sort((a, b) => slowness(b) - slowness(a))
      .slice(0, surplus);
    for (const id of closes) remember(this.#turnedAway, id, TURNED_AWAY_MS, nowMs);
    return closes;
  }

  /** The node has closed its link, which we have reported as gone, before it introduced itself: it has no place for us. */
  turnedAway(nodeId: Account, nowMs: number): void {
    // In a small room everybody has a place for everybody: the link just broke.
    if (this.#candidates.size > this.#linkLimit)
      remember(this.#turnedAway, nodeId, TURNED_AWAY_MS, nowMs);
  }

  dialFailed(nodeId: Account, nowMs: number): void {
    this.#dialling.delete(nodeId);
    this.#postpone(nodeId, nowMs);
  }

  /** The node sent what no honest peer sends. */
  shun(nodeId: Account, nowMs: number): void {
    remember(this.#shunned, nodeId, SHUN_MS, nowMs);
  }

  /** Whom to dial now. Each is then counted as being dialled until `linked` or `dialFailed`. */
  chooseDials(nowMs: number): Account[] {
    const dials: Account[] = [];
    const isHearsay = (id: Account): boolean => !this.#presentSet.has(id);
    let hearsayDials = 0;
    for (const id of this.#dialling) if (isHearsay(id)) hearsayDials++;
    const isContent = this.#linked.size >= CONTENT_SHARE * this.#linkLimit;
    const waits = this.#waits(nowMs);
    for (const id of this.#findWanted()) {
      if (waits && this.#linked.size + this.#dialling.size > 0) break;
      const candidate = this.#candidates.get(id);
      if (candidate === undefined) continue;
      if (this.#linked.has(id) || this.#dialling.has(id)) continue;
      if (candidate.notBeforeMs > nowMs || (this.#shunned.get(id) ?? 0) > nowMs) continue;
      if (isContent && (this.#turnedAway.get(id) ?? 0) > nowMs) continue;
      // One side dials, so that two offers rarely cross; the other steps in when that side cannot, or waits.
      if (!waits && this.#self < id && nowMs - candidate.sinceMs < ONE_SIDED_GRACE_MS) continue;
      if (isHearsay(id) && ++hearsayDials > HEARD_DIALS_LIMIT) continue;
      this.#dialling.add(id);
      dials.push(id);
    }
    return dials;
  }

  /** Those to be linked to, where they are others than at the last answer; null where they are not, or where we wait. */
  newlyWanted(nowMs: number): ReadonlySet<Account> | null {
    if (this.#waits(nowMs)) return null;
    const wanted = this.#findWanted();
    const told = this.#told;
    this.#told = wanted;
    if (wanted === told) return null;
    if (wanted.size === told.size && [...wanted].every((id) => told.has(id))) return null;
    return wanted;
  }

  /** After a pause of the whole machine all are dialled at once, whoever's turn it would be: others have given us up. */
  hurry(nowMs: number): void {
    this.#turnedAway.clear();
    this.#arrivals.forget();
    for (const [id, candidate] of this.#candidates) {
      if (this.#linked.has(id)) continue;
      candidate.failures = 0;
      candidate.notBeforeMs = nowMs;
      candidate.sinceMs = nowMs - ONE_SIDED_GRACE_MS;
    }
    this.#wanted = null;
  }

  /** Whether further links wait until all have come. */
  #waits(nowMs: number): boolean {
    return this.#present.length > WAITLESS_OTHERS && this.#arrivals.areUnderWay(nowMs);
  }

  /** Remembers those that are known now, and forgets the others. */
  #update(nowMs: number): void {
    const known = new Set([...this.#present, ...this.#heard]);
    let hasChanged = false;
    for (const id of this.#candidates.keys())
      if (!known.has(id)) hasChanged = this.#candidates.delete(id);
    for (const id of known) {
      if (this.#candidates.has(id)) continue;
      hasChanged = true;
      this.#candidates.set(id, { sinceMs: nowMs, failures: 0, notBeforeMs: nowMs });
    }
    // Choosing is dear, and most of what neighbours tell changes nothing.
    if (hasChanged) this.#wanted = null;
  }

  #findWanted(): ReadonlySet<Account> {
    if (this.#wanted !== null) return this.#wanted;
    const known = [...new Set([...this.#candidates.keys(), ...this.#linked])];
    const isGhost = (id: Account): boolean =>
      !this.#linked.has(id) && (this.#candidates.get(id)?.failures ?? 0) >= GHOST_FAILURES;
    const choose = (ids: readonly Account[]): Account[] =>
      chooseNeighbours(this.#self, ids, this.#linkLimit);
    const reachable = known.filter((id) => !isGhost(id));
    this.#wanted = new Set(choose(reachable));
    // Others have taken the place of those out of reach, which take it again when they are back.
    if (reachable.length < known.length) for (const id of choose(known)) this.#wanted.add(id);
    return this.#wanted;
  }

  /** Whether a link stands changes the choice only where nothing else tells that the node is there. */
  #reconsider(nodeId: Account): void {
    const candidate = this.#candidates.get(nodeId);
    if (candidate === undefined || candidate.failures >= GHOST_FAILURES) this.#wanted = null;
  }

  #unwanted(): Account[] {
    const wanted = this.#findWanted();
    return [...this.#linked].filter((id) => !wanted.has(id) && !this.#guests.has(id));
  }

  #forgetGuests(nowMs: number): void {
    for (const [id, untilMs] of this.#guests) if (untilMs <= nowMs) this.#guests.delete(id);
  }

  #postpone(nodeId: Account, nowMs: number): void {
    const candidate = this.#candidates.get(nodeId);
    if (candidate === undefined) return;
    const pauseMs = Math.min(
      REDIAL_MS.first * 2 ** Math.min(candidate.failures, 10),
      REDIAL_MS.most,
    );
    candidate.failures++;
    if (candidate.failures === GHOST_FAILURES) this.#wanted = null;
    candidate.sinceMs = nowMs;
    candidate.notBeforeMs = nowMs + pauseMs;
  }
}

/** Notes an id for so long; those whose time is over leave. */
function remember(noted: Map<Account, number>, id: Account, forMs: number, nowMs: number): void {
  for (const [other, untilMs] of noted) if (untilMs <= nowMs) noted.delete(other);
  if (noted.size < PRESENT_LIMIT) noted.set(id, nowMs + forMs);
}
