/**
 * What a rule works with: conversations with the miner, blocks to show it, and the evidence of all rules.
 */
import type { PreviousField } from '../chain/codec.ts';
import type { HashHex } from '../chain/bytes.ts';
import { canonicalIp, writeUdpAddress, type UdpAddress } from '../drivers/udp/address.ts';
import { resolveHost } from '../drivers/udp/host-lookup.ts';
import { openUdpSocket, type UdpSocket } from '../drivers/udp/socket.ts';
import { Evidence } from './evidence.ts';
import { Material, type ChainKind, type OwnBlock } from './material.ts';
import { PATIENCE_BLOCKS, PATIENCE_MS, Session, type Reaction } from './session.ts';
import { fillCommand, findPlace, startProgram } from './subject.ts';

/** How the miner is reached. */
export type SubjectOptions =
  /** A command line with `{addr}` and `{others}`; a process for each rule. */
  | { readonly kind: 'exec'; readonly command: string }
  /** One that runs already; it must send to `listen`. */
  | { readonly kind: 'address'; readonly address: UdpAddress; readonly listen: UdpAddress };

export interface ExaminerOptions {
  readonly subject: SubjectOptions;
  readonly target: bigint;
  /** A miner that sends no block for so long is silent. */
  readonly silenceMs: number;
}

/** What stops an examination, as a sentence for its user. */
export class Impossible extends Error {}

/** A miner that has found so many blocks since it was sent something has long read it. */
export const LINGER_BLOCKS = 4;
/** What the miner has found in this time may not have been read here yet: both may have waited for a processor. */
export const UNSEEN_MS = 500;
/** What is known of a miner's speed at the very beginning may be far off. */
const WITHIN_LIMIT = 50;
/** A miner that finds blocks faster than the examiner can never be shown a longer chain. */
const OVERTAKE_ATTEMPTS = 6;

/** Sends of a chain what the miner is to be tempted with, and names the lowest block on which it must not build. */
export type Bait = (chain: readonly OwnBlock[]) => HashHex;

export class Examiner {
  readonly evidence = new Evidence();
  readonly material: Material;
  readonly target: bigint;
  readonly silenceMs: number;
  /** Under which name the miner reads the previous hash; found out by the first rule. */
  field: PreviousField = 'previous';
  readonly #subject: SubjectOptions;
  readonly #sessions = new Set<Session>();
  #standing: Session | null = null;

  constructor({ subject, target, silenceMs }: ExaminerOptions) {
    this.#subject = subject;
    this.target = target;
    this.silenceMs = silenceMs;
    this.material = new Material(target);
  }

  get hasProcesses(): boolean {
    return this.#subject.kind === 'exec';
  }

  /** Runs a conversation in which the miner stands on a base of ours, or on its own newest block. */
  async withSession<Value>(
    converse: (session: Session) => Promise<Value>,
    { field = this.field } = {},
  ): Promise<Value> {
    if (this.#subject.kind === 'address') {
      const session = await this.#stand(this.#subject, field);
      return converse(session);
    }
    const genesis = await this.material.genesis('genesis');
    const session = await this.#startProcess(this.#subject.command, field, false);
    try {
      session.standOn(genesis);
      await session.deliver(genesis);
      return await converse(session);
    } finally {
      this.#sessions.delete(session);
      await session.close();
    }
  }

  /** Runs a conversation with a process that was told to make the genesis block. */
  async withFounder<Value>(converse: (session: Session) => Promise<Value>): Promise<Value> {
    if (this.#subject.kind === 'address') throw new Error('a running miner cannot be started');
    const session = await this.#startProcess(this.#subject.command, this.field, true);
    try {
      return await converse(session);
    } finally {
      this.#sessions.delete(session);
      await session.close();
    }
  }

  /**
   * Shows a chain on that block which is longer than all that the miner has found, and watches whether it goes over to
   * it: `on` the chain called `top`. Where the miner gets ahead meanwhile, the chain grows.
   */
  follow(session: Session, base: HashHex, name: string, kind: ChainKind = {}): Promise<Reaction> {
    const room = { blocks: PATIENCE_BLOCKS, ms: PATIENCE_MS + UNSEEN_MS };
    return this.#overtake(session, base, name, kind, room, async (chain, height) => {
      session.send(chain);
      const watch = () => session.watch({ top: chain.at(-1)!.hash }, { height });
      const reaction = await watch();
      if (reaction.kind !== 'elsewhere') return reaction;
      // Datagrams may be lost.
      session.sendAgain(chain);
      return watch();
    });
  }

  /**
   * Shows such a chain of blocks that are wrong, and watches whether the miner builds on any of them: `on` the chain
   * called `bad`. `elsewhere` is what an honest miner does.
   */
  tempt(
    session: Session,
    base: HashHex,
    name: string,
    kind: ChainKind = {},
    bait: Bait = (chain) => {
      session.send(chain);
      return chain[0]!.hash;
    },
  ): Promise<Reaction> {
    const room = { blocks: LINGER_BLOCKS, ms: UNSEEN_MS };
    return this.#overtake(session, base, name, kind, room, (chain, height) =>
      session.watch({ bad: bait(chain) }, { blocks: LINGER_BLOCKS, leastMs: 0, height }),
    );
  }

  async #overtake(
    session: Session,
    base: HashHex,
    name: string,
    kind: ChainKind,
    room: { readonly blocks: number; readonly ms: number },
    show: (chain: readonly OwnBlock[], height: number) => Promise<Reaction>,
  ): Promise<Reaction> {
    const baseHeight = session.heightOf(base) ?? 0;
    for (let attempt = 0; attempt < OVERTAKE_ATTEMPTS; attempt++) {
      const lead = (attempt + 1) * (room.blocks + this.blocksWithin(room.ms));
      const length = Math.max(1, session.foundHeight - baseHeight + lead);
      const chain = await this.material.chain(base, name, length, kind);
      const height = baseHeight + length;
      if (session.foundHeight + room.blocks > height) continue;
      const reaction = await show(chain, height);
      if (reaction.kind !== 'ahead') return reaction;
    }
    return { kind: 'ahead' };
  }

  /** How many blocks the miner usually finds in this time. */
  blocksWithin(ms: number): number {
    const meanMs = Math.max(1, this.evidence.meanIntervalMs());
    return Math.min(WITHIN_LIMIT, Math.ceil(ms / meanMs));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()));
  }

  async #startProcess(command: string, field: PreviousField, genesis: boolean): Promise<Session> {
    const place = await findPlace();
    const sockets: UdpSocket[] = [];
    for (const host of place.others) sockets.push(await bind({ host, port: 0 }));
    const line = fillCommand(command, {
      addr: writeUdpAddress(place.addr),
      others: sockets.map(({ local }) => writeUdpAddress(local)).join(','),
      genesis,
    });
    const session = new Session({
      sockets,
      to: { ip: place.addr.host, port: place.addr.port },
      program: startProgram(line),
      field,
      evidence: this.evidence,
      silenceMs: this.silenceMs,
      isFromSubject: () => true,
    });
    this.#sessions.add(session);
    return session;
  }

  /** The one conversation with a running miner. Each rule begins on the newest block that it has sent. */
  async #stand(
    subject: Extract<SubjectOptions, { kind: 'address' }>,
    field: PreviousField,
  ): Promise<Session> {
    this.#standing ??= await this.#openStanding(subject, field);
    const session = this.#standing;
    session.field = field;
    // A block from now on: an older one may lie below its tip by now.
    const { kind } = await session.watch({}, { blocks: 1, leastMs: 0 });
    const newest = session.found.at(-1);
    if (kind === 'elsewhere' && newest !== undefined) session.standOn(newest);
    else if (session.base === '') {
      const genesis = await this.material.genesis('genesis');
      session.standOn(genesis);
      await session.deliver(genesis);
    }
    return session;
  }

  async #openStanding(
    { address, listen }: Extract<SubjectOptions, { kind: 'address' }>,
    field: PreviousField,
  ): Promise<Session> {
    const socket = await bind(listen);
    const ips = (await resolveHost(address.host)).map(canonicalIp);
    const ip = ips.find((each) => each.includes(':') === (socket.family === 'udp6')) ?? ips[0];
    if (ip === undefined)
      throw new Impossible(`No address is known for "${address.host}": check the name.`);
    const session = new Session({
      sockets: [socket],
      to: { ip, port: address.port },
      program: null,
      field,
      evidence: this.evidence,
      silenceMs: this.silenceMs,
      isFromSubject: (sender) => ips.includes(canonicalIp(sender)),
    });
    this.#sessions.add(session);
    return session;
  }
}

async function bind(address: UdpAddress): Promise<UdpSocket> {
  const outcome = await openUdpSocket(address);
  if (!outcome.ok) throw new Impossible(outcome.message);
  return outcome.socket;
}
