/** Single peers, stepped by hand: what a test puts in, and what comes out. */
import { hashBlock, type Block } from '../../lib/chain/block.ts';
import { bigintToBytes, bytesToBigint, bytesToHex } from '../../lib/chain/bytes.ts';
import type { CloseCode, MessageCode } from '../../lib/chain/codes.ts';
import { makeKeyPair, type KeyPair } from '../../lib/ledger/account.ts';
import { NO_STATUS } from '../../lib/net/chain-status.ts';
import {
  decodeMessage,
  encodeMessage,
  PROTOCOL_VERSION,
  type Message,
} from '../../lib/net/messages.ts';
import type { PeerOptions } from '../../lib/peer/context.ts';
import type { PeerEvent, PeerInput, PeerOutput, StoredChain } from '../../lib/peer/inputs.ts';
import { Peer } from '../../lib/peer/peer.ts';
import { takePicture } from '../../lib/peer/picture.ts';
import type { LinkKind, PeerSnapshot } from '../../lib/peer/snapshot.ts';
import type { Template } from '../../lib/pow/template.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, FREE_TARGET } from './free-chain.ts';

export const ROOM = 'lab';
const TICK_MS = 200;
const START_WALL_MS = 1_800_000_000_000;

const keys = new Map<number, KeyPair>();

/** The key pair of this number. */
export function keysOf(number: number): KeyPair {
  let pair = keys.get(number);
  if (pair === undefined) keys.set(number, (pair = makeKeyPair(new Uint8Array(48).fill(number))));
  return pair;
}

/** A peer that only follows, in a room that pins a genesis block on which work is free. */
export function optionsOf(number: number, overrides: Partial<PeerOptions> = {}): PeerOptions {
  return {
    keys: keysOf(number),
    agent: 'tab',
    room: ROOM,
    genesis: { kind: 'pinned', hash: FREE_GENESIS_HASH },
    target: FREE_TARGET,
    spacingMs: 10_000,
    minSpacingMs: 0,
    mines: false,
    previousField: 'previous',
    settings: { name: `Peer ${number}`, note: '', paused: false, power: 1 },
    ...overrides,
  };
}

/** What a store gives back: these blocks, in order of arrival, on the free genesis block. */
export function stored(blocks: readonly Block[]): StoredChain {
  return {
    genesis: FREE_GENESIS,
    endorsement: null,
    blocks: blocks.map((block) => ({ block, heardMs: START_WALL_MS - 1_000 })),
  };
}

export class TestPeer {
  readonly peer: Peer;
  readonly outputs: PeerOutput[] = [];
  wallMs = START_WALL_MS;
  monotonicMs = 5_000;
  /** The last template that the peer asked to search; null where it searches nothing. */
  template: Template | null = null;
  /** Whether it goes on at once where it asks for another step; else a test gives the input itself. */
  resumes = true;
  /** Told of each output at once, for those who carry it somewhere. */
  sink: (output: PeerOutput) => void = () => {};

  constructor(
    number: number,
    overrides: Partial<PeerOptions> = {},
    store: StoredChain | null = null,
  ) {
    this.peer = new Peer(optionsOf(number, overrides));
    this.step({ kind: 'restored', stored: store });
  }

  get nodeId(): string {
    return this.peer.context.options.keys.account;
  }

  get tip(): string | null {
    return this.peer.chain?.tip.hash ?? null;
  }

  step(input: PeerInput): PeerOutput[] {
    const { wallMs, monotonicMs } = this;
    const outputs = this.peer.step(input, { wallMs, monotonicMs });
    for (const output of outputs) {
      if (output.kind === 'mine') this.template = output.template;
      this.outputs.push(output);
      this.sink(output);
    }
    const goesOn = this.resumes && outputs.some(({ kind }) => kind === 'resume');
    return goesOn ? [...outputs, ...this.step({ kind: 'resume' })] : outputs;
  }

  /** Time passes, with its ticks. */
  wait(ms: number): PeerOutput[] {
    const outputs: PeerOutput[] = [];
    for (let leftMs = ms; leftMs > 0; leftMs -= TICK_MS) {
      this.wallMs += Math.min(leftMs, TICK_MS);
      this.monotonicMs += Math.min(leftMs, TICK_MS);
      outputs.push(...this.step({ kind: 'tick' }));
    }
    return outputs;
  }

  connect(
    linkId: string,
    nodeId: string | null = null,
    linkKind: LinkKind = 'webrtc',
  ): PeerOutput[] {
    return this.step({ kind: 'connected', linkId, linkKind, nodeId });
  }

  hear(linkId: string, message: Message): PeerOutput[] {
    return this.hearBytes(linkId, encodeMessage(message));
  }

  hearBytes(linkId: string, bytes: Uint8Array): PeerOutput[] {
    return this.step({ kind: 'received', linkId, bytes });
  }

  /** A link over which the peer of this number has said hello. */
  greet(number: number, overrides: Partial<Hello> = {}, linkId = `link ${number}`): string {
    this.connect(linkId);
    this.hear(linkId, helloOf(number, overrides));
    return linkId;
  }

  /** Searches the template to its end, and hands in the proof. */
  find(): PeerOutput[] {
    return this.step(proofOf(this.template!));
  }

  picture(): PeerSnapshot {
    return takePicture(this.peer, this.wallMs);
  }
}

type Hello = Extract<Message, { type: 'hello' }>;

export function helloOf(number: number, overrides: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    version: PROTOCOL_VERSION,
    room: ROOM,
    publicKey: bytesToHex(keysOf(number).publicKey),
    name: `Peer ${number}`,
    agent: 'tab',
    status: NO_STATUS,
    ...overrides,
  };
}

/** The input that a pool of workers makes of a template. */
export function proofOf({ id, data, previousHash, target }: Template): PeerInput {
  for (let nonce = 0n; ; nonce++) {
    const proofOfWork = bigintToBytes(nonce, 8);
    const hash = hashBlock({ data, previousHash, proofOfWork });
    if (bytesToBigint(hash) <= bytesToBigint(target))
      return { kind: 'found', templateId: id, data, proofOfWork };
  }
}

/** The messages that were sent over a link, of one type where it is named. */
export function messagesIn<T extends Message['type'] = Message['type']>(
  outputs: readonly PeerOutput[],
  linkId: string,
  type?: T,
): Extract<Message, { type: T }>[] {
  return outputs
    .filter((output) => output.kind === 'send')
    .filter((output) => output.linkId === linkId)
    .map(({ bytes }) => {
      const decoded = decodeMessage(bytes);
      if (!decoded.ok) throw new Error(`the peer sent a message that is ${decoded.code}`);
      return decoded.message;
    })
    .filter(
      (message): message is Extract<Message, { type: T }> =>
        type === undefined || message.type === type,
    );
}

/** The code with which a link was closed; null where it was not. */
export function closeCodeIn(
  outputs: readonly PeerOutput[],
  linkId: string,
): MessageCode | CloseCode | null {
  for (const output of outputs)
    if (output.kind === 'close' && output.linkId === linkId) return output.code;
  return null;
}

export function eventsIn<K extends PeerEvent['kind']>(
  outputs: readonly PeerOutput[],
  kind: K,
): Extract<PeerEvent, { kind: K }>[] {
  return outputs
    .filter((output) => output.kind === 'event')
    .map(({ event }) => event)
    .filter((event): event is Extract<PeerEvent, { kind: K }> => event.kind === kind);
}

/** What a store has written by now, read back after a restart; `before` is what it held at the start. */
export function restoredFrom(
  outputs: readonly PeerOutput[],
  before: StoredChain | null = null,
): StoredChain | null {
  let content = before;
  const own = new Map<string, Uint8Array>();
  for (const output of outputs) {
    if (output.kind !== 'persist') continue;
    const { record } = output;
    if (record.kind === 'genesis') {
      content = { genesis: record.block, endorsement: record.endorsement, blocks: [] };
      own.clear();
    } else if (record.kind === 'blocks')
      content = content && { ...content, blocks: [...content.blocks, ...record.entries] };
    else if (record.kind === 'transaction') {
      if (record.bytes === null) own.delete(record.id);
      else own.set(record.id, record.bytes);
    }
  }
  return content && { ...content, transactions: [...own.values()] };
}
