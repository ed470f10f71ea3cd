/**
 * Runs the checkers while a world goes on, and remembers what they found.
 */
import type { MessageCode } from '../chain/codes.ts';
import { isGenesisShape } from '../chain/block.ts';
import { bytesToHex, type HashHex } from '../chain/bytes.ts';
import { decodeBlock } from '../chain/codec.ts';
import type { TreeEntry } from '../chain/tree.ts';
import { HEAL_RATE } from '../net/homework.ts';
import { MESSAGE_LIMIT_BYTES } from '../net/messages.ts';
import type { PeerEvent, PeerInput, StoredChain } from '../peer/inputs.ts';
import type { Peer } from '../peer/peer.ts';
import type { Template } from '../pow/template.ts';
import {
  checkBlockHasItsWork,
  checkBlockIsRooted,
  checkEqualTipsGiveEqualChains,
  checkEqualTipsGiveEqualLedgers,
  checkLedgerFollows,
  checkLimits,
  CHECKERS,
  checkNothingStoredIsLost,
  checkTipHasMostWork,
  type CheckerName,
  type Violation,
} from './checkers.ts';
import { GossipWatch } from './gossip-watch.ts';
import type { HomeworkMachine } from './homework-miner.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { udpLinkId } from './udp-network.ts';
import type { World } from './world.ts';

/** Beyond this many the first ones tell enough. */
export const VIOLATIONS_LIMIT = 20;

/** Blocks below the tip that a look goes through; the last look of a world goes through all. */
const LOOKED_AT_BLOCKS = 64;
/** Peers whose chains are gone through at one look: more than a small world has. */
const LOOKED_AT_LIMIT = 50;

/** What every peer must say of one block. */
interface Standing {
  readonly height: number;
  readonly work: bigint;
  readonly target: bigint;
}

export class Checks {
  readonly violations: Violation[] = [];
  readonly #world: World;
  readonly #standings = new Map<HashHex, Standing>();
  /** What each peer searches on, by its index. */
  readonly #searched: (HashHex | null)[] = [];
  /** The same as bytes, as they came with the last template. */
  readonly #searchedBytes: (Uint8Array | undefined)[] = [];
  readonly #datagrams = new Map<string, { second: number; count: number }>();
  /** Links to UDP miners over which something has come or gone since the peer started. */
  readonly #introduced = new Set<string>();
  readonly #gossip: GossipWatch | null;
  readonly #rewarded = new Map<HashHex, number>();
  #looks = 0;

  /** @param closely whether single messages are watched too, which takes about as long as the world itself */
  constructor(world: World, closely: boolean) {
    this.#world = world;
    this.#gossip = closely ? new GossipWatch() : null;
  }

  report(checker: CheckerName, who: number | null, what: string | null): void {
    if (what === null || this.violations.length >= VIOLATIONS_LIMIT) return;
    const name = who === null ? '' : this.#world.nameOf(who);
    this.violations.push({
      checker,
      requirement: CHECKERS[checker],
      atMs: this.#world.nowMs,
      who: name,
      what,
    });
    this.#world.story.note(who, `VIOLATES ${checker} (${CHECKERS[checker]}): ${what}`);
  }

  threw({ index }: SimulatedPeer, error: unknown): void {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.report('stepNeverThrows', index, what);
  }

  restarted({ index }: SimulatedPeer, peer: Peer, stored: StoredChain | null): void {
    this.report('nothingStoredIsLost', index, checkNothingStoredIsLost(peer, stored));
  }

  stepped(member: SimulatedPeer, input: PeerInput): void {
    if (input.kind === 'received' && input.linkId.startsWith('udp:'))
      this.#introduced.add(`${member.index} ${input.linkId}`);
    if (this.#gossip === null) return;
    if (input.kind === 'received') {
      const { linkId, bytes } = input;
      const neighbour = member.peer?.context.neighbours.get(linkId);
      const dropped = neighbour?.kind === 'room' ? neighbour.dropped : 0;
      this.#gossip.hears(member.index, linkId, bytes, dropped);
    }
    if (input.kind === 'disconnected') this.#gossip.forgets(member.index, input.linkId);
  }

  /** All outputs of a step have been performed: the search must be on the tip, but where the peer asked for a step. */
  settled(member: SimulatedPeer, peer: Peer): void {
    if (peer.context.resumes) return;
    const searched = this.#searched[member.index] ?? null;
    if (searched === null || peer.chain === null || searched === peer.chain.tip.hash) return;
    this.report('searchIsOnTip', member.index, `searches on ${searched} below another tip`);
    this.#searched[member.index] = null;
  }

  searches(member: SimulatedPeer, template: Template | null): void {
    const { index } = member;
    if (template === null) {
      this.#searched[index] = null;
      return;
    }
    const { previousHash } = template;
    // Most templates are renewed on the same block, and tell so by the same bytes.
    const isSearching = (this.#searched[index] ?? null) !== null;
    if (isSearching && this.#searchedBytes[index] === previousHash) return;
    this.#searchedBytes[index] = previousHash;
    this.#searched[index] = bytesToHex(previousHash);
  }

  started(member: SimulatedPeer): void {
    for (const other of member.spec.udpOthers)
      this.#introduced.delete(`${member.index} ${udpLinkId(other)}`);
    this.#searched[member.index] = null;
  }

  sends(member: SimulatedPeer, linkId: string, bytes: Uint8Array): void {
    if (linkId.startsWith('udp:')) {
      this.#sendsDatagram(member, linkId, bytes);
      return;
    }
    if (bytes.length > MESSAGE_LIMIT_BYTES)
      this.report('limitsHold', member.index, `a message of ${bytes.length} bytes`);
    const repeated = this.#gossip?.sends(member.index, linkId, bytes) ?? null;
    this.report('announcedOnce', member.index, repeated);
  }

  condemned(member: SimulatedPeer, linkId: string, code: MessageCode): void {
    const other = this.#world.peers.find(({ nodeId }) => linkId.split(':')[1] === nodeId);
    if (other?.isHonest === true)
      this.report(
        'honestPeerIsNotCondemned',
        member.index,
        `closes the link to ${this.#world.nameOf(other.index)}: ${code}`,
      );
  }

  killedMiner({ index }: HomeworkMachine, code: string): void {
    this.report('onlyBlocksOverUdp', index, `was sent a datagram that it cannot read: ${code}`);
  }

  told(member: SimulatedPeer, event: PeerEvent): void {
    const { liveness } = this.#world;
    if (event.kind === 'found') liveness.found(member, event.entry.hash);
    if (event.kind !== 'block-kept') return;
    liveness.kept(member, event.entry.hash);
    this.#keeps(member, event.entry);
  }

  /**
   * Looks at whole peers: dear, so now and then, and in large worlds at some of them in turn.
   * @param all everybody's limits are looked at in any case, and here everybody's chain too
   */
  lookAround(all: boolean): void {
    const { peers } = this.#world;
    const first = new Map<HashHex, SimulatedPeer>();
    const turns = all ? 1 : Math.ceil(peers.length / LOOKED_AT_LIMIT);
    const turn = this.#looks++ % turns;
    const depth = all ? Number.POSITIVE_INFINITY : LOOKED_AT_BLOCKS;
    for (const member of peers) {
      const { peer, index } = member;
      if (peer === null || !member.isHonest) continue;
      this.report('limitsHold', index, checkLimits(peer));
      if (peer.chain === null || index % turns !== turn) continue;
      this.report('tipHasMostWork', index, checkTipHasMostWork(peer.chain, depth));
      this.report('equalTipsGiveEqualLedgers', index, checkLedgerFollows(peer, this.#rewarded));
      const twin = first.get(peer.chain.tip.hash);
      if (twin === undefined) {
        first.set(peer.chain.tip.hash, member);
        continue;
      }
      const chains = checkEqualTipsGiveEqualChains(twin.peer!, peer, depth);
      this.report('equalTipsGiveEqualChains', index, chains);
      const ledgers = checkEqualTipsGiveEqualLedgers(twin.peer!, peer);
      this.report('equalTipsGiveEqualLedgers', index, ledgers);
    }
  }

  #keeps(member: SimulatedPeer, entry: TreeEntry): void {
    const { chain } = member.peer!;
    if (chain === null) return;
    const { hash, height, work, target } = entry;
    const standing = this.#standings.get(hash);
    if (standing === undefined) {
      this.report('blockHasItsWork', member.index, checkBlockHasItsWork(chain, entry));
      this.#standings.set(hash, { height, work, target });
    } else if (standing.height !== height || standing.work !== work || standing.target !== target)
      this.report('peersAgreeOnBlock', member.index, `${hash} stands elsewhere for another peer`);
    this.report('blockIsRooted', member.index, checkBlockIsRooted(chain, entry));
  }

  #sendsDatagram(member: SimulatedPeer, linkId: string, bytes: Uint8Array): void {
    const { index } = member;
    const decoded = decodeBlock(bytes);
    if (!decoded.ok)
      this.report('onlyBlocksOverUdp', index, `a datagram is no block: ${decoded.code}`);
    if (!this.#world.udp.isConfigured(member, linkId))
      this.report('onlyBlocksOverUdp', index, `a datagram to ${linkId}, which is not configured`);
    const key = `${index} ${linkId}`;
    // What a naive miner hears first becomes its root.
    if (!this.#introduced.has(key) && decoded.ok && !isGenesisShape(decoded.block))
      this.report('genesisComesFirst', index, `the first datagram to ${linkId} is no genesis`);
    this.#introduced.add(key);
    const second = Math.floor(this.#world.nowMs / 1000);
    const counter = this.#datagrams.get(key);
    const count = counter?.second === second ? counter.count + 1 : 1;
    this.#datagrams.set(key, { second, count });
    // Clocks may run a little fast.
    if (count > HEAL_RATE.burst + HEAL_RATE.perSecond + 1)
      this.report('limitsHold', index, `${count} datagrams to ${linkId} within a second`);
  }
}
