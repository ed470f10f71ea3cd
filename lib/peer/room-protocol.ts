/**
 * The peer's side of the protocol between Tabchain peers: greeting, heartbeat, gossip and catching up (R14, R26, R28).
 *
 * lib/net/README.md describes the protocol; the machines for its parts are in lib/net.
 */
import type { Block } from '../chain/block.ts';
import { bytesToHex, readHex } from '../chain/bytes.ts';
import type { CloseCode, MessageCode } from '../chain/codes.ts';
import { accountOf, type Account } from '../ledger/account.ts';
import { cleanName } from '../ledger/text.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { Mesh } from '../net/mesh.ts';
import type { ChainStatus } from '../net/chain-status.ts';
import { PROTOCOL_VERSION, type Message } from '../net/messages.ts';
import { BatchServer } from './batch-server.ts';
import { BlockRelay } from './block-relay.ts';
import { CatchUp } from './catch-up.ts';
import type { ChainKeeper, Growth } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import { Heartbeats, isBeat } from './heartbeats.ts';
import { MessageOrder } from './message-order.ts';
import { DROPPED_MESSAGES_LIMIT, makeRoomNeighbour, type RoomNeighbour } from './neighbour.ts';
import type { Overlay } from './overlay.ts';
import { SignatureDesk } from './signature-desk.ts';
import type { LinkKind } from './snapshot.ts';
import { TransactionRelay } from './transaction-relay.ts';

export class RoomProtocol {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  readonly #mesh: Mesh;
  readonly #overlay: Overlay;
  readonly #blocks: BlockRelay;
  readonly #batches: BatchServer;
  readonly #catchUp: CatchUp;
  readonly #transactions: TransactionRelay;
  readonly #signatures: SignatureDesk;
  readonly #order: MessageOrder;
  readonly #heartbeats: Heartbeats;

  constructor(context: PeerContext, keeper: ChainKeeper, mesh: Mesh, overlay: Overlay) {
    this.#context = context;
    this.#keeper = keeper;
    this.#mesh = mesh;
    this.#overlay = overlay;
    this.#blocks = new BlockRelay(context, keeper);
    this.#batches = new BatchServer(context, keeper);
    this.#transactions = new TransactionRelay(context, keeper);
    this.#signatures = new SignatureDesk(context, keeper);
    this.#order = new MessageOrder(
      context,
      keeper,
      this.#transactions,
      this.#signatures,
      (neighbour, message) => this.#handle(neighbour, message),
    );
    this.#catchUp = new CatchUp(
      context,
      keeper,
      this.#signatures,
      (neighbour) => this.#condemn(neighbour, 'bad-block'),
      () => this.announceChain(),
    );
    this.#heartbeats = new Heartbeats(context, keeper, (neighbour) =>
      this.#close(neighbour, 'silent'),
    );
  }

  /** Whether older blocks are coming in. */
  get syncing(): boolean {
    return this.#catchUp.isComingIn;
  }

  /** Introduces us on a new link. */
  connected(linkId: string, linkKind: LinkKind, nodeId: string | null): void {
    const { nowMs, options, settings } = this.#context;
    if (nodeId !== null && !this.#mesh.linked(nodeId, nowMs)) {
      this.#context.close(linkId, 'mesh-full');
      return;
    }
    this.#context.addNeighbour(makeRoomNeighbour(linkId, linkKind, nodeId, nowMs));
    this.#blocks.addLink(linkId);
    this.#transactions.addLink(linkId);
    this.#context.send(linkId, {
      type: 'hello',
      version: PROTOCOL_VERSION,
      room: options.room,
      publicKey: bytesToHex(options.keys.publicKey),
      name: settings.name,
      agent: options.agent,
      status: this.#keeper.status(),
    });
    if (this.#context.hidden) this.#context.send(linkId, { type: 'visibility', hidden: true });
  }

  /** The other side, or the network, has ended a link. What it had brought counts all the same. */
  disconnected(neighbour: RoomNeighbour): void {
    const { nodeId, expectedId, linkId } = neighbour;
    this.#order.release(neighbour);
    if (this.#context.neighbours.get(linkId) === neighbour) this.forget(neighbour);
    // Who has no place for us does not introduce itself.
    if (nodeId === null && expectedId !== null && !this.#isLinkedTo(expectedId))
      this.#mesh.turnedAway(expectedId, this.#context.nowMs);
  }

  /** Signatures have been checked outside. */
  checked(ticket: number, good: readonly boolean[]): void {
    this.#signatures.answered(ticket, good);
  }

  /** A link is gone, by whatever cause. */
  forget(neighbour: RoomNeighbour): void {
    const { nowMs } = this.#context;
    const { linkId } = neighbour;
    this.#context.dropNeighbour(linkId);
    this.#blocks.dropLink(linkId);
    this.#transactions.dropLink(linkId);
    this.#catchUp.dropLink(linkId);
    const nodeId = neighbour.nodeId ?? neighbour.expectedId;
    if (nodeId !== null && !this.#isLinkedTo(nodeId)) this.#mesh.unlinked(nodeId, nowMs);
    this.#context.event({ kind: 'peer-left', linkId });
    this.#heartbeats.setClock();
  }

  /** A message has come. Answers whether it was a heartbeat that tells nothing new but that the neighbour lives. */
  received(neighbour: RoomNeighbour, bytes: Uint8Array): boolean {
    const { nowMs } = this.#context;
    neighbour.heartbeat.heard(nowMs);
    if (!neighbour.budget.take(nowMs)) {
      neighbour.dropped++;
      if (neighbour.dropped > DROPPED_MESSAGES_LIMIT) this.#condemn(neighbour, 'flood');
      return false;
    }
    const decoded = neighbour.reader.read(bytes);
    if (!decoded.ok) this.#condemn(neighbour, decoded.code);
    else if (neighbour.nodeId !== null) {
      const { message } = decoded;
      if (isBeat(neighbour, message)) {
        this.#heartbeats.take(neighbour, message);
        return true;
      }
      this.#order.take(neighbour, message);
    } else if (decoded.message.type === 'hello') this.#greeted(neighbour, decoded.message);
    else this.#condemn(neighbour, 'no-hello');
    return false;
  }

  /** The chain has grown: announces what is news to the room. */
  follow(growth: Growth): void {
    if (growth.connected.length > 0) this.#transactions.tipMoved(growth.returned);
    this.#blocks.follow(growth);
  }

  /** There is a new chain, from the store or from another genesis. */
  announceChain(): void {
    this.#context.sendToRoom({ type: 'status', status: this.#keeper.status() });
    this.#transactions.founded();
  }

  /** A transaction of this peer's user is newly kept: tells the room. */
  submitted(transaction: Transaction): void {
    this.#transactions.submitted(transaction);
  }

  tick(): void {
    this.#catchUp.mayLack = true;
    this.#signatures.tick();
    this.#heartbeats.tick();
    this.#batches.serveNext();
    this.#blocks.tick();
    if (!this.syncing) this.#transactions.tick();
  }

  /** Asks for what others have and we lack, where nothing is under way. */
  catchUp(): void {
    this.#catchUp.consider();
  }

  /** Goes on with what was too much for one step. */
  resume(): void {
    this.#catchUp.resume();
    this.#batches.serveNext();
  }

  /** The driver of a link says whether too much waits to be sent on it. */
  setCongestion(neighbour: RoomNeighbour, isCongested: boolean): void {
    neighbour.serving.isCongested = isCongested;
    this.#batches.serve(neighbour);
  }

  /** Closes the slowest links that nobody needs, where there are more than we may have. */
  giveUpLinks(): void {
    const { nowMs, neighbours } = this.#context;
    const closes = this.#mesh.chooseCloses(this.#heartbeats.delayMsTo, nowMs);
    if (closes.length === 0) return;
    for (const neighbour of [...neighbours.values()]) {
      if (neighbour.kind !== 'room') continue;
      const nodeId = neighbour.nodeId ?? neighbour.expectedId;
      if (nodeId !== null && closes.includes(nodeId)) this.#close(neighbour, 'mesh-full');
    }
  }

  /** After a sleep of the machine nobody is silent. */
  forgive(): void {
    this.#heartbeats.forgive();
  }

  #isLinkedTo(nodeId: Account): boolean {
    for (const other of this.#context.neighbours.values())
      if (other.kind === 'room' && (other.nodeId ?? other.expectedId) === nodeId) return true;
    return false;
  }

  #greeted(neighbour: RoomNeighbour, hello: Extract<Message, { type: 'hello' }>): void {
    const { options, nowMs } = this.#context;
    const nodeId = accountOf(readHex(hello.publicKey)!);
    const { expectedId } = neighbour;
    if (hello.version !== PROTOCOL_VERSION) return this.#condemn(neighbour, 'wrong-version');
    if (hello.room !== options.room) return this.#condemn(neighbour, 'wrong-room');
    if (nodeId === options.keys.account || (expectedId !== null && expectedId !== nodeId))
      return this.#condemn(neighbour, 'stolen-id');
    if (expectedId === null && !this.#mesh.linked(nodeId, nowMs))
      return this.#close(neighbour, 'mesh-full');
    this.#context.introduce(neighbour, nodeId);
    neighbour.name = cleanName(hello.name);
    neighbour.agent = hello.agent;
    this.#learn(neighbour, hello.status);
    this.#context.event({ kind: 'peer-joined', linkId: neighbour.linkId, nodeId });
  }

  /** Where a neighbour's chain stands now. */
  #learn(neighbour: RoomNeighbour, status: ChainStatus): void {
    neighbour.status = status;
    this.#catchUp.mayLack ||= this.#keeper.isBehind(status);
    this.#transactions.offer(neighbour);
  }

  #handle(neighbour: RoomNeighbour, message: Message): void {
    const { heartbeat } = neighbour;
    switch (message.type) {
      case 'hello':
        return this.#condemn(neighbour, 'second-hello');
      case 'name':
        neighbour.name = cleanName(message.name);
        return;
      case 'visibility':
        heartbeat.setHidden(message.hidden);
        return;
      case 'status':
        return this.#learn(neighbour, message.status);
      case 'ping':
        this.#learn(neighbour, message.status);
        return this.#heartbeats.take(neighbour, message);
      case 'pong':
        return this.#heartbeats.take(neighbour, message);
      case 'block':
        return this.#receivedBlock(neighbour, message.block);
      case 'inventory':
        return this.#blocks.announced(neighbour, message.hashes);
      case 'get':
        return this.#blocks.asked(neighbour, message.hashes);
      case 'transaction': {
        const code = this.#transactions.received(neighbour, message.transaction);
        if (code !== null) this.#condemn(neighbour, code);
        return;
      }
      case 'transaction-inventory':
        return this.#transactions.announced(neighbour, message.ids);
      case 'get-transactions':
        return this.#transactions.asked(neighbour, message.ids);
      case 'get-chain':
        return this.#batches.asked(neighbour, message.id, message.locator, message.batches);
      case 'chain':
        return this.#catchUp.received(neighbour, message);
      case 'neighbours':
        return this.#overlay.learn(neighbour, message.nodeIds);
      case 'datagram':
        return this.#overlay.received(neighbour, message);
    }
  }

  #receivedBlock(neighbour: RoomNeighbour, block: Block): void {
    const verdict = this.#blocks.received(neighbour, block);
    if (verdict === 'misbehaviour') this.#condemn(neighbour, 'bad-block');
    if (verdict === 'parent-missing') this.#catchUp.ask(neighbour.linkId);
  }

  /** Closes the link of a peer that sent what no honest peer sends, and avoids it for a while. */
  #condemn(neighbour: RoomNeighbour, code: MessageCode): void {
    this.#context.refuse(neighbour.linkId, code);
    const nodeId = neighbour.nodeId ?? neighbour.expectedId;
    // Whoever came in another's name must not get that other one shunned.
    if (nodeId !== null && code !== 'stolen-id') this.#mesh.shun(nodeId, this.#context.nowMs);
    this.#close(neighbour, code);
  }

  #close(neighbour: RoomNeighbour, code: MessageCode | CloseCode): void {
    this.#context.close(neighbour.linkId, code);
    this.forget(neighbour);
  }
}
