/**
 * One node of a company with a UDP socket of its own (R18): the reactor around a peer. It shares nothing with the other
 * nodes of the process but the processor.
 */
import type { Block } from '../../chain/block.ts';
import { systemRandomness } from '../../drivers/clocks.ts';
import { openUdpCarrier, type CarrierAddress } from '../../drivers/udp/datagram-carrier.ts';
import { openUdpSocket, type UdpSocket } from '../../drivers/udp/socket.ts';
import type { Account, KeyPair } from '../../ledger/account.ts';
import { PerfectLink } from '../../net/links/perfect.ts';
import type { PeerInput, PeerOutput, PersistRecord, StoredChain } from '../../peer/inputs.ts';
import { Peer, type PeerOptions } from '../../peer/peer.ts';
import type { CompanyNode, Watch } from './company.ts';
import type { CompanyClock } from './company-clock.ts';
import { Conversations } from './conversations.ts';
import { PacedSearch } from './paced-search.ts';

export const HOST = '127.0.0.1';

export interface UdpNodeOptions {
  readonly index: number;
  readonly options: PeerOptions;
  /** Offered to the peer when it starts without a chain; null where it gets one from the others. */
  readonly genesis: Block | null;
  /** 0 for one that does not mine. */
  readonly hashesPerSecond: number;
  /** Null for the meeting place itself. */
  readonly meetingPlace: () => { readonly account: Account; readonly port: number } | null;
  readonly watch: Watch;
  readonly clock: CompanyClock;
}

/** What a running node has. */
interface Life {
  readonly peer: Peer;
  readonly socket: UdpSocket;
  readonly link: PerfectLink;
  readonly conversations: Conversations;
  readonly search: PacedSearch;
}

export class UdpNode implements CompanyNode {
  readonly index: number;
  readonly #own: UdpNodeOptions;
  readonly #payments = new Map<string, Uint8Array>();
  readonly #transactions = new Map<string, Uint8Array>();
  #stored: { genesis: Block; blocks: { block: Block; heardMs: number }[] } | null = null;
  #life: Life | null = null;
  #inbox: PeerInput[] = [];
  #isHandling = false;

  constructor(options: UdpNodeOptions) {
    this.#own = options;
    this.index = options.index;
  }

  get keys(): KeyPair {
    return this.#own.options.keys;
  }

  get peer(): Peer | null {
    return this.#life?.peer ?? null;
  }

  get port(): number {
    return this.#life?.socket.local.port ?? 0;
  }

  async start(): Promise<void> {
    if (this.#life !== null) return;
    const { options, hashesPerSecond, genesis, index } = this.#own;
    const outcome = await openUdpSocket({ host: HOST, port: 0 });
    if (!outcome.ok) throw new Error(outcome.message);
    const { socket } = outcome;
    const self = this.keys.account;
    const place = this.#own.meetingPlace();
    const addresses = new Map<Account, CarrierAddress>();
    if (place !== null) addresses.set(place.account, { ip: HOST, port: place.port });
    const receive = (from: Account, bytes: Uint8Array): void => {
      const life = this.#life;
      if (life !== null)
        life.conversations.handle(life.link.receive(from, bytes, this.#nowMs), this.#nowMs);
    };
    const carrier = openUdpCarrier({
      self,
      socket: learningSocket(socket, addresses),
      peers: addresses,
      receive,
    });
    const link = new PerfectLink(carrier, systemRandomness);
    const meetingPlace = place?.account ?? null;
    const take = (input: PeerInput): void => this.take(input);
    const random = systemRandomness;
    this.#life = {
      peer: new Peer(options),
      socket,
      link,
      conversations: new Conversations({ self, link, random, addresses, meetingPlace, take }),
      search: new PacedSearch(hashesPerSecond, index * 2 ** 40, (proof) =>
        this.take({ kind: 'found', ...proof }),
      ),
    };
    this.take({ kind: 'restored', stored: this.#read() });
    if (genesis !== null) this.take({ kind: 'genesis-offered', block: genesis });
    this.#life.conversations.join(this.#nowMs);
  }

  crash(): void {
    this.#life?.socket.close();
    this.#life = null;
    this.#inbox = [];
  }

  take(input: PeerInput): void {
    if (this.#life === null) return;
    this.#inbox.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift())
      this.#handle(next);
    this.#isHandling = false;
  }

  /** Does what is due: retransmissions and hashes, and a tick of the peer where `ticks`. */
  pump(ticks: boolean): void {
    const life = this.#life;
    if (life === null) return;
    const nowMs = this.#nowMs;
    if (life.link.nextMs <= nowMs) life.conversations.handle(life.link.tick(nowMs), nowMs);
    life.conversations.tick(nowMs);
    life.search.run(nowMs);
    if (ticks) this.take({ kind: 'tick' });
  }

  get #nowMs(): number {
    return this.#own.clock.nowMs;
  }

  #handle(input: PeerInput): void {
    const life = this.#life;
    if (life === null) return;
    const outputs = life.peer.step(input, this.#own.clock.read());
    const { index, watch, clock } = this.#own;
    watch(index, clock.nowMs, input, outputs);
    for (const output of outputs) this.#perform(life, output);
  }

  #perform(life: Life, output: PeerOutput): void {
    switch (output.kind) {
      case 'send':
        return life.conversations.send(output.linkId, output.bytes, this.#nowMs);
      case 'dial':
        return life.conversations.dial(output.nodeId, this.#nowMs);
      case 'close':
        return life.conversations.close(output.linkId, this.#nowMs);
      case 'mine':
        return life.search.setTemplate(output.template, this.#nowMs);
      case 'persist':
        return this.#store(life, output.record);
      case 'resume':
        setImmediate(() => {
          if (this.#life === life) this.take({ kind: 'resume' });
        });
        return;
      default:
        return;
    }
  }

  /** The store survives a crash of the node, as a disk does. */
  #store(life: Life, record: PersistRecord): void {
    if (record.kind === 'genesis') this.#stored = { genesis: record.block, blocks: [] };
    else if (record.kind === 'blocks')
      for (const { block, heardMs } of record.entries)
        this.#stored?.blocks.push({ block, heardMs });
    else if (record.kind === 'transaction') writeRecord(this.#transactions, record);
    else {
      const { write } = record;
      writeRecord(this.#payments, record);
      setImmediate(() => {
        if (this.#life === life) this.take({ kind: 'stored', write });
      });
    }
  }

  #read(): StoredChain | null {
    if (this.#stored === null) return null;
    const { genesis, blocks } = this.#stored;
    const payments = [...this.#payments.values()];
    const transactions = [...this.#transactions.values()];
    return { genesis, endorsement: null, blocks: [...blocks], payments, transactions };
  }
}

function writeRecord(
  records: Map<string, Uint8Array>,
  { id, bytes }: { readonly id: string; readonly bytes: Uint8Array | null },
): void {
  if (bytes === null) records.delete(id);
  else records.set(id, bytes);
}

/** The socket, which notes where each datagram's claimed sender is: a newcomer is answered before anybody names it. */
function learningSocket(socket: UdpSocket, addresses: Map<Account, CarrierAddress>): UdpSocket {
  return {
    ...socket,
    listen: (listener) =>
      socket.listen((bytes, sender) => {
        const claim = Buffer.from(bytes.subarray(0, 20)).toString('hex');
        if (claim.length === 40) addresses.set(claim, { ip: sender.address, port: sender.port });
        listener(bytes, sender);
      }),
  };
}
