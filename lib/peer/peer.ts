/**
 * One peer of a room as one state machine: `step(input, clocks) → outputs`.
 *
 * Tabs, the Node build and the simulator run this same code. It does no I/O and knows no time but what comes in.
 * The parts: the keeper has the chain, the room protocol talks to Tabchain peers, the UDP protocol to homework miners,
 * the overlay reaches nodes that are no neighbours, the mesh says whom to dial, the search says what to mine.
 */
import type { Chain } from '../chain/chain.ts';
import type { CoinName } from '../ledger/coin-name.ts';
import type { SubmitOutcome } from '../ledger/mempool.ts';
import { cleanName, cleanNote } from '../ledger/text.ts';
import { transactionToJson, type Transaction } from '../ledger/transaction.ts';
import { Mesh } from '../net/mesh.ts';
import { isNodeId } from '../net/message-fields.ts';
import { ChainKeeper } from './chain-keeper.ts';
import { PeerContext, type PeerOptions } from './context.ts';
import type { Clocks, PeerInput, PeerOutput, PeerSettings } from './inputs.ts';
import { KeptTransactions } from './kept-transactions.ts';
import { signMerges, signNote } from './own-transactions.ts';
import { Overlay } from './overlay.ts';
import { Payments } from './payments.ts';
import { RoomProtocol } from './room-protocol.ts';
import { Search } from './search.ts';
import { UdpProtocol } from './udp-protocol.ts';

export type { PeerOptions } from './context.ts';

/** A jump of the monotonic clock between two steps by which a sleep of the machine is known. */
const SLEEP_JUMP_MS = 5_000;
const LEAST_POWER = 0.1;

export class Peer {
  readonly context: PeerContext;
  readonly keeper: ChainKeeper;
  readonly mesh: Mesh;
  readonly overlay: Overlay;
  readonly search: Search;
  /** Null for a peer without randomness. */
  readonly payments: Payments | null;
  readonly #room: RoomProtocol;
  readonly #kept: KeptTransactions;
  readonly #udp: UdpProtocol;
  #started = false;

  constructor(options: PeerOptions) {
    this.context = new PeerContext(options);
    this.mesh = new Mesh(options.keys.account, options.linkLimit);
    this.keeper = new ChainKeeper(
      this.context,
      (growth) => {
        this.#room.follow(growth);
        this.#udp.follow(growth);
      },
      () => {
        this.search.desk.stop();
        this.#room.announceChain();
        this.#udp.feed();
        this.payments?.resume();
        this.#kept.resume();
      },
      (ledger, { payments = [], transactions = [] }) => {
        this.payments?.opened(ledger, payments);
        this.#kept.opened(ledger, transactions);
      },
    );
    this.overlay = new Overlay(this.context, this.mesh);
    this.#room = new RoomProtocol(this.context, this.keeper, this.mesh, this.overlay);
    const { random } = options;
    const submit = (transaction: Transaction) => this.#submit(transactionToJson(transaction));
    this.#kept = new KeptTransactions(this.context, submit);
    this.payments =
      random === undefined
        ? null
        : new Payments(this.context, this.overlay, this.keeper, random, submit);
    if (this.payments !== null)
      this.overlay.hearLink = (from, body) => this.payments!.received(from, body);
    this.#udp = new UdpProtocol(this.context, this.keeper);
    this.search = new Search(this.context, this.keeper, this.mesh);
  }

  /** Null until the genesis block is known. */
  get chain(): Chain | null {
    return this.keeper.chain;
  }

  get syncing(): boolean {
    return this.#room.syncing;
  }

  /** Takes one input and returns what is to be done, in order. Never throws for what a peer or a user sends. */
  step(input: PeerInput, clocks: Clocks): PeerOutput[] {
    const jumpedMs = clocks.monotonicMs - this.context.clocks.monotonicMs;
    this.context.clocks = clocks;
    this.context.outputs = [];
    if (this.#started && jumpedMs > SLEEP_JUMP_MS) this.#wake();
    this.#started = true;
    if (this.#take(input)) return this.context.outputs;
    // No message makes a dial due, and messages are most of what comes.
    const isMessage = input.kind === 'received' || input.kind === 'resume';
    if (!isMessage) this.#chooseLinks();
    this.#room.giveUpLinks();
    this.#room.catchUp();
    this.search.direct(this.#room.syncing, !isMessage, input.kind === 'received');
    return this.context.outputs;
  }

  #chooseLinks(): void {
    const { nowMs, outputs } = this.context;
    const nodeIds = this.mesh.newlyWanted(nowMs);
    if (nodeIds !== null) outputs.push({ kind: 'wanted', nodeIds });
    for (const nodeId of this.mesh.chooseDials(nowMs)) outputs.push({ kind: 'dial', nodeId });
  }

  /** Whether it was no more than a heartbeat: nothing that the rest of a step looks at has changed then. */
  #take(input: PeerInput): boolean {
    if (input.kind === 'received') return this.#receive(input);
    this.#takeOther(input);
    return false;
  }

  #receive({ linkId, bytes, among }: Extract<PeerInput, { kind: 'received' }>): boolean {
    const neighbour = this.context.neighbours.get(linkId);
    if (neighbour?.kind === 'room') return this.#room.received(neighbour, bytes);
    // Strangers' datagrams come without a connection.
    if (linkId.startsWith('udp:'))
      this.#udp.received(neighbour ?? this.#udp.connected(linkId), bytes, among);
    return false;
  }

  #takeOther(input: Exclude<PeerInput, { kind: 'received' }>): void {
    const { neighbours, nowMs } = this.context;
    switch (input.kind) {
      case 'restored':
        if (input.stored !== null) this.keeper.restore(input.stored);
        return;
      case 'present':
        this.search.presentSeen();
        this.mesh.setPresent(input.nodeIds.filter(isNodeId), nowMs);
        return;
      case 'connected':
        if (input.linkKind === 'udp') this.#udp.connected(input.linkId);
        else {
          if (input.isInvited === true && input.nodeId !== null)
            this.mesh.welcome(input.nodeId, nowMs);
          this.#room.connected(input.linkId, input.linkKind, input.nodeId);
        }
        return;
      case 'disconnected': {
        const neighbour = neighbours.get(input.linkId);
        if (neighbour?.kind === 'room') this.#room.disconnected(neighbour);
        else this.context.dropNeighbour(input.linkId);
        return;
      }
      case 'dial-failed':
        this.mesh.dialFailed(input.nodeId, nowMs);
        return;
      case 'congestion': {
        const neighbour = neighbours.get(input.linkId);
        if (neighbour?.kind === 'room') this.#room.setCongestion(neighbour, input.isCongested);
        return;
      }
      case 'resume':
        this.context.resumes = false;
        this.#room.resume();
        return;
      case 'tick':
        this.#room.tick();
        this.overlay.tick();
        this.keeper.tick();
        this.payments?.tick();
        this.#kept.tick();
        this.#udp.feed();
        return;
      case 'found':
        this.search.found(input.templateId, input.data, input.proofOfWork);
        return;
      case 'genesis-offered':
        this.keeper.considerGenesis(input.block, 'room');
        return;
      case 'look-up':
        this.overlay.directory.lookUp(input.account);
        return;
      case 'send-datagram':
        this.overlay.send(input.to, input.port, input.body);
        return;
      case 'submit':
        this.#submitOwn(input.transaction);
        return;
      case 'write': {
        const note = signNote(input.text, this.keeper, this.context);
        if (note !== null) this.#submitOwn(transactionToJson(note));
        return;
      }
      case 'merge': {
        const isLocked = (name: CoinName) => this.payments?.isLocked(name) ?? false;
        for (const merge of signMerges(this.keeper, this.context, isLocked))
          this.#submitOwn(transactionToJson(merge));
        return;
      }
      case 'pay':
        if (this.payments !== null) this.payments.pay(input);
        else this.context.event({ kind: 'payment-refused', code: 'no-ledger' });
        return;
      case 'checked':
        this.#room.checked(input.ticket, input.good);
        return;
      case 'stored':
        this.payments?.stored(input.write);
        return;
      case 'settings':
        this.#change(input.settings);
        return;
      case 'visibility':
        if (input.hidden === this.context.hidden) return;
        this.context.hidden = input.hidden;
        this.context.sendToRoom({ type: 'visibility', hidden: input.hidden });
        return;
      case 'woken':
        this.#wake();
        return;
    }
  }

  #submitOwn(transaction: unknown): void {
    const outcome = this.#submit(transaction);
    if (outcome?.kind === 'accepted') this.#kept.keep(outcome.transaction);
    this.context.event({ kind: 'submitted', outcome });
  }

  #submit(transaction: unknown): SubmitOutcome | null {
    const submission = { from: 'self', budget: null, nowMs: this.context.nowMs };
    const outcome = this.keeper.ledger?.submit(transaction, submission) ?? null;
    if (outcome?.kind === 'accepted') this.#room.submitted(outcome.transaction);
    return outcome;
  }

  #wake(): void {
    this.#room.forgive();
    this.mesh.hurry(this.context.nowMs);
  }

  #change(change: Partial<PeerSettings>): void {
    const { settings } = this.context;
    const name = change.name === undefined ? settings.name : cleanName(change.name);
    this.context.settings = {
      name,
      note: change.note === undefined ? settings.note : cleanNote(change.note),
      paused: change.paused ?? settings.paused,
      power: Math.min(1, Math.max(LEAST_POWER, change.power ?? settings.power)),
    };
    if (name !== settings.name) this.context.sendToRoom({ type: 'name', name });
  }
}
