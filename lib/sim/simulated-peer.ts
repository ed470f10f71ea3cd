/**
 * One machine of a world that runs a peer: the reactor without I/O. It turns what the networks bring into inputs and
 * outputs into messages, searches and records, and it can crash, sleep, be slow, or be hostile (R17, R31).
 */
import type { MessageCode } from '../chain/codes.ts';
import { MESSAGE_CODES } from '../chain/codes.ts';
import type { KeyPair } from '../ledger/account.ts';
import { isSigned } from '../ledger/signature-checks.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { Clocks, PeerEvent, PeerInput, PeerOutput, PersistRecord } from '../peer/inputs.ts';
import { Peer, type PeerOptions } from '../peer/peer.ts';
import { SimulatedClock } from './clock.ts';
import type { Happening } from './event-queue.ts';
import type { HostilePolicy } from './hostile.ts';
import { ProofSearch } from './proof-search.ts';
import type { RoomMember } from './room-network.ts';
import { SimulatedStore } from './store.ts';
import { shortHash } from './story.ts';
import { udpLinkId, type UdpMember } from './udp-network.ts';
import type { World } from './world.ts';

/** What a step takes that judges as many blocks as one may: other things come between it and the next. */
const RESUME_MS = 4;
/** A thread of its own needs so long for the signatures of one transaction. */
const CHECK_MS = 10;

export interface PeerSpec {
  readonly keys: KeyPair;
  readonly options: PeerOptions;
  /** Virtual hash rate at full duty. */
  readonly hashesPerSecond: number;
  readonly joinsMs: number;
  readonly clockOffsetMs: number;
  readonly driftPerMillion: number;
  /** A slow machine is busy with other things for so long before it handles what has come meanwhile; 0 for others. */
  readonly busyMs: number;
  readonly storeLatencyMs: number;
  /** Indices of the UDP machines that it sends to. */
  readonly udpOthers: readonly number[];
  /** Null for an honest peer. */
  readonly hostile: (() => HostilePolicy) | null;
}

export class SimulatedPeer implements RoomMember, UdpMember {
  readonly index: number;
  readonly spec: PeerSpec;
  readonly store: SimulatedStore;
  /** Null while the machine is down. */
  peer: Peer | null = null;

  /** Sees every step. */
  watch: (input: PeerInput, outputs: readonly PeerOutput[]) => void = () => {};

  /** What the machine does with datagrams that come over the room's overlay. */
  hearOverlay: (datagram: Extract<PeerOutput, { kind: 'datagram' }>) => void = () => {};

  readonly #world: World;
  readonly #clock: SimulatedClock;
  #search: ProofSearch | null = null;
  #policy: HostilePolicy | null = null;
  #inbox: PeerInput[] = [];
  #isServing = false;
  #asleepUntilMs = 0;
  #incarnation = 0;
  #hashesPerSecond: number;

  constructor(world: World, index: number, spec: PeerSpec) {
    this.#world = world;
    this.index = index;
    this.spec = spec;
    this.store = new SimulatedStore(world.queue, spec.storeLatencyMs);
    this.#clock = new SimulatedClock(spec.clockOffsetMs, spec.driftPerMillion);
    this.#hashesPerSecond = spec.hashesPerSecond;
  }

  get nodeId(): string {
    return this.spec.keys.account;
  }

  get isUp(): boolean {
    return this.peer !== null;
  }

  /** Whether a search is under way. */
  get isSearching(): boolean {
    return this.#search?.isActive ?? false;
  }

  get isHonest(): boolean {
    return this.spec.hostile === null;
  }

  get clocks(): Clocks {
    return this.#clock.read(this.#world.nowMs);
  }

  /** Switches the machine on, with the store as it is. */
  start(): void {
    if (this.isUp) return;
    const world = this.#world;
    const incarnation = ++this.#incarnation;
    this.#clock.reboot(world.nowMs);
    this.#inbox = [];
    this.#isServing = false;
    this.#asleepUntilMs = 0;
    this.peer = new Peer(this.spec.options);
    this.#policy = this.spec.hostile?.() ?? null;
    world.checks.started(this);
    this.#search = new ProofSearch(
      world.queue,
      world.random.fork(),
      this.#hashesPerSecond,
      (proof) => {
        if (incarnation === this.#incarnation) this.take({ kind: 'found', ...proof });
      },
    );
    this.#search.setDuty(this.spec.options.settings.power, world.nowMs);
    const stored = this.store.read();
    this.#handle({ kind: 'restored', stored });
    if (this.peer !== null && this.isHonest) world.checks.restarted(this, this.peer, stored);
    for (const index of this.spec.udpOthers)
      this.take({ kind: 'connected', linkId: udpLinkId(index), linkKind: 'udp', nodeId: null });
    if (this.spec.options.room !== '') world.room.join(this);
    const { tickMs } = world.options;
    const tick: Happening = () => {
      if (incarnation !== this.#incarnation) return;
      // A busy or sleeping machine does not save up ticks.
      if (this.#inbox.length === 0 && !this.#isServing) this.take({ kind: 'tick' });
      world.queue.push(world.nowMs + tickMs, tick);
    };
    world.queue.push(world.nowMs + world.random.uniform() * tickMs, tick);
  }

  /** Switches it off: with a goodbye and a last write, or as by pulling the plug. */
  crash(clean: boolean): void {
    if (!this.isUp) return;
    this.#world.story.note(this.index, clean ? 'leaves' : 'crashes');
    this.peer = null;
    this.#policy = null;
    this.#incarnation++;
    this.#search?.stop();
    this.#inbox = [];
    this.store.crash(clean);
    if (this.spec.options.room !== '') this.#world.room.leave(this, clean);
  }

  /** The lid is closed: nothing runs, and what arrives waits. */
  sleep(forMs: number): void {
    if (!this.isUp) return;
    this.#world.story.note(this.index, `sleeps for ${Math.round(forMs)} ms`);
    this.#asleepUntilMs = this.#world.nowMs + forMs;
    this.#search?.setPower(0, this.#world.nowMs);
    this.#serveLater();
  }

  /** The lid is opened before its time. */
  wake(): void {
    this.#asleepUntilMs = Math.min(this.#asleepUntilMs, this.#world.nowMs);
    this.#serveNow(this.#incarnation);
  }

  setPower(hashesPerSecond: number): void {
    this.#hashesPerSecond = hashesPerSecond;
    if (this.#world.nowMs >= this.#asleepUntilMs)
      this.#search?.setPower(hashesPerSecond, this.#world.nowMs);
  }

  adjustClock(byMs: number): void {
    this.#world.story.note(this.index, `sets its clock by ${Math.round(byMs)} ms`);
    this.#clock.adjust(byMs);
  }

  hearDatagram(linkId: string, bytes: Uint8Array): void {
    this.take({ kind: 'received', linkId, bytes });
  }

  /** An input reaches the machine. It is handled at once, unless the machine sleeps or is still busy. */
  take(input: PeerInput): void {
    if (!this.isUp) return;
    const isFree = !this.#isServing && this.#world.nowMs >= this.#asleepUntilMs;
    if (isFree && this.spec.busyMs === 0) {
      this.#handle(input);
      return;
    }
    this.#inbox.push(input);
    this.#serveLater();
  }

  /** Turns one output into what it stands for. */
  perform(output: PeerOutput): void {
    const world = this.#world;
    switch (output.kind) {
      case 'send':
        if (this.isHonest) world.checks.sends(this, output.linkId, output.bytes);
        if (output.linkId.startsWith('udp:')) world.udp.send(this, output.linkId, output.bytes);
        else world.room.send(this, output.linkId, output.bytes);
        return;
      case 'dial':
        world.room.dial(this, output.nodeId);
        return;
      case 'close':
        world.story.note(this.index, `closes ${describeLink(output.linkId)}: ${output.code}`);
        if (this.isHonest && output.code in MESSAGE_CODES)
          world.checks.condemned(this, output.linkId, output.code as MessageCode);
        world.room.close(this, output.linkId);
        return;
      case 'mine':
        this.#search?.setTemplate(output.template, world.nowMs);
        if (this.isHonest) world.checks.searches(this, output.template);
        return;
      case 'duty':
        this.#search?.setDuty(output.duty, world.nowMs);
        return;
      case 'persist':
        this.#store(output.record);
        return;
      case 'looked-up':
        world.story.note(
          this.index,
          `${output.record === null ? 'does not find' : 'finds'} ${shortHash(output.account)}`,
        );
        return;
      case 'datagram':
        world.story.note(this.index, `gets a ${output.port} datagram of ${shortHash(output.from)}`);
        this.hearOverlay(output);
        return;
      case 'resume': {
        const incarnation = this.#incarnation;
        world.queue.push(world.nowMs + RESUME_MS, () => {
          if (incarnation === this.#incarnation) this.take({ kind: 'resume' });
        });
        return;
      }
      case 'check':
        this.#check(output.ticket, output.transactions);
        return;
      case 'event':
        this.#tell(output.event);
        return;
    }
  }

  /** The thread that checks signatures, which takes its time. */
  #check(ticket: number, transactions: readonly Transaction[]): void {
    const incarnation = this.#incarnation;
    const good = transactions.map((transaction) => isSigned(transaction));
    this.#world.queue.push(this.#world.nowMs + CHECK_MS * transactions.length, () => {
      if (incarnation === this.#incarnation) this.take({ kind: 'checked', ticket, good });
    });
  }

  #store(record: PersistRecord): void {
    const incarnation = this.#incarnation;
    this.store.write(record, this.#world.nowMs, () => {
      if (record.kind === 'payment' && incarnation === this.#incarnation)
        this.take({ kind: 'stored', write: record.write });
    });
  }

  #serveLater(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    const { queue, nowMs } = this.#world;
    const incarnation = this.#incarnation;
    const readyMs = Math.max(this.#asleepUntilMs, nowMs + this.spec.busyMs);
    queue.push(readyMs, () => this.#serveNow(incarnation));
  }

  /** Handles what has come while the machine was busy or asleep. */
  #serveNow(incarnation: number): void {
    if (incarnation !== this.#incarnation || !this.#isServing) return;
    this.#isServing = false;
    if (this.#asleepUntilMs > this.#world.nowMs) return this.#serveLater();
    this.#search?.setPower(this.#hashesPerSecond, this.#world.nowMs);
    for (const input of this.#inbox.splice(0)) this.#handle(input);
  }

  #handle(input: PeerInput): void {
    const { peer } = this;
    if (peer === null) return;
    const world = this.#world;
    world.count(this.index, input);
    const clocks = this.clocks;
    let outputs: PeerOutput[];
    try {
      outputs = peer.step(input, clocks);
    } catch (error) {
      world.checks.threw(this, error);
      this.crash(false);
      return;
    }
    this.watch(input, outputs);
    if (this.isHonest) world.checks.stepped(this, input);
    if (this.#policy !== null)
      outputs = this.#policy(outputs, { peer, clocks, input, random: world.random });
    for (const output of outputs) this.perform(output);
    if (this.isHonest && this.peer !== null) world.checks.settled(this, peer);
  }

  #tell(event: PeerEvent): void {
    const { story, checks } = this.#world;
    switch (event.kind) {
      case 'genesis-adopted':
        story.note(this.index, `takes the genesis ${shortHash(event.entry.hash)}`);
        break;
      case 'tip-changed': {
        const { tip, reverted } = event;
        const over = reverted.length === 0 ? '' : `, reverting ${reverted.length}`;
        story.note(this.index, `tip ${tip.height} ${shortHash(tip.hash)}${over}`);
        break;
      }
      case 'found':
        story.note(this.index, `finds ${shortHash(event.entry.hash)} at ${event.entry.height}`);
        break;
      case 'refused':
        story.note(this.index, `refuses ${event.code} of ${describeLink(event.linkId)}`);
        break;
      default:
        break;
    }
    if (this.isHonest) checks.told(this, event);
  }
}

function describeLink(linkId: string): string {
  return linkId.slice(0, 'webrtc:'.length + 8);
}
