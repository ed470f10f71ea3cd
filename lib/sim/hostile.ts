/**
 * Peers that mean harm, each a small policy of its own (R9, R21, R33): it lets an honest peer do the talking and
 * changes what goes out. None of them may slow, split, fill or mislead the honest ones.
 */
import { bytesToHex, concatBytes, readHex, writeUtf8 } from '../chain/bytes.ts';
import { NO_PREVIOUS_HASH, type Block } from '../chain/block.ts';
import { targetToBytes } from '../chain/target.ts';
import type { TreeEntry } from '../chain/tree.ts';
import { encodePayload } from '../ledger/payload.ts';
import { decodeMessage, encodeMessage, type Message } from '../net/messages.ts';
import type { Clocks, PeerInput, PeerOutput } from '../peer/inputs.ts';
import type { Peer } from '../peer/peer.ts';
import { searchProof } from './proof-search.ts';
import type { Random } from './random.ts';

/** What a policy sees with each step of the peer that it abuses. */
export interface HostileView {
  readonly peer: Peer;
  readonly clocks: Clocks;
  readonly input: PeerInput;
  readonly random: Random;
}

/** Returns what goes out instead of the honest peer's outputs. */
export type HostilePolicy = (outputs: readonly PeerOutput[], view: HostileView) => PeerOutput[];

export const HOSTILE_KINDS = [
  'invalid-blocks',
  'orphan-flood',
  'withholder',
  'stale-spam',
  'future-spam',
  'equivocator',
  'garbage',
  'liar',
  'staller',
  'flooder',
  'teaser',
  'wrong-clock',
] as const;

export type HostileKind = (typeof HOSTILE_KINDS)[number];

/** A fresh policy of this kind. */
export function makeHostile(kind: HostileKind): HostilePolicy {
  switch (kind) {
    case 'invalid-blocks':
      return onTicks(4, (view) => toOne(view, invalidBlock(view)));
    case 'orphan-flood':
      return onTicks(8, (view) => times(40, () => toFirst(view, orphan(view))).flat());
    case 'withholder':
      return withholder();
    case 'stale-spam':
      return onTicks(8, (view) => times(3, () => toOne(view, staleBlock(view))).flat());
    case 'future-spam':
      return onTicks(8, (view) => times(5, () => toOne(view, futureBlock(view))).flat());
    case 'equivocator':
      return onTicks(40, equivocate);
    case 'garbage':
      return onTicks(8, (view) => toOne(view, garbage(view.random)));
    case 'liar':
      return liar(true);
    case 'staller':
      return liar(false);
    case 'flooder':
      return onTicks(400, flood);
    case 'teaser':
      return onTicks(8, (view) => toOne(view, hashesOfNothing(view.random)));
    case 'wrong-clock':
      return wrongClock();
  }
}

/** An honest peer that does something more on every so many-th tick. */
function onTicks(every: number, act: (view: HostileView) => PeerOutput[]): HostilePolicy {
  let ticks = 0;
  return (outputs, view) => {
    if (view.input.kind !== 'tick' || ++ticks % every !== 0) return [...outputs];
    return [...outputs, ...act(view)];
  };
}

/** Blocks go out and are answered for only every half minute, all at once; until then the work is claimed but kept. */
function withholder(): HostilePolicy {
  let kept: PeerOutput[] = [];
  let releaseMs = 0;
  return (outputs, { clocks }) => {
    const released: PeerOutput[] = [];
    for (const output of outputs)
      if (isOfType(output, ['block', 'inventory', 'chain'])) kept.push(output);
      else released.push(output);
    if (clocks.monotonicMs < releaseMs) return released;
    releaseMs = clocks.monotonicMs + 30_000;
    released.push(...kept);
    kept = [];
    return released;
  };
}

/** Claims more work than anybody has. Asked for the chain, it sends an honest one, or nothing at all. */
function liar(answers: boolean): HostilePolicy {
  return (outputs) =>
    outputs
      .filter((output) => answers || !isOfType(output, ['chain']))
      .map((output) => {
        const message = readRoomMessage(output);
        if (message === null || !('status' in message) || message.status.genesis === null)
          return output;
        const status = { ...message.status, work: message.status.work * 1_000n, height: 1_000_000 };
        return { ...(output as SendOutput), bytes: encodeMessage({ ...message, status }) };
      });
}

/** Says that it is hours later. */
function wrongClock(): HostilePolicy {
  return (outputs) =>
    outputs.map((output) => {
      const message = readRoomMessage(output);
      if (message?.type !== 'pong') return output;
      const clockMs = message.clockMs + 3 * 3_600_000;
      return { ...(output as SendOutput), bytes: encodeMessage({ ...message, clockMs }) };
    });
}

/** A block of its own on the tip for every neighbour. */
function equivocate(view: HostileView): PeerOutput[] {
  const { chain } = view.peer;
  if (chain === null) return [];
  return greeted(view).flatMap((linkId) => {
    const block = blockOn(view, chain.tip);
    return block === null ? [] : [send(linkId, { type: 'block', block })];
  });
}

function invalidBlock(view: HostileView): Message | null {
  const { random, peer } = view;
  if (peer.chain === null) return null;
  const { tip } = peer.chain;
  const previousHash = readHex(tip.hash)!;
  const proofOfWork = random.bytes(8);
  switch (random.below(4)) {
    case 0: {
      const data = payloadOf(view, view.clocks.wallMs);
      return { type: 'block', block: { data, previousHash, proofOfWork } };
    }
    case 1:
      return withWork(view, tip, writeUtf8('no time'));
    case 2:
      return withWork(view, tip, payloadOf(view, 1_000));
    default:
      return {
        type: 'block',
        block: { data: random.bytes(20), previousHash: NO_PREVIOUS_HASH, proofOfWork },
      };
  }
}

/** A block with work whose parent nobody has. */
function orphan(view: HostileView): Message | null {
  const { chain } = view.peer;
  if (chain === null) return null;
  const data = payloadOf(view, view.clocks.wallMs);
  const previousHash = view.random.bytes(32);
  const target = targetToBytes(chain.rules.orphanTarget(chain.tip));
  const proofOfWork = searchProof(data, previousHash, target, view.random.uint32());
  return { type: 'block', block: { data, previousHash, proofOfWork } };
}

/** A valid block on a parent that is long overtaken. */
function staleBlock(view: HostileView): Message | null {
  const { chain } = view.peer;
  if (chain === null) return null;
  const height = Math.max(0, chain.tip.height - 1 - view.random.below(20));
  const block = blockOn(view, chain.tree.at(height)!);
  return block === null ? null : { type: 'block', block };
}

/** More messages at once than anybody's budget allows. */
function flood(view: HostileView): PeerOutput[] {
  const [first] = toOne(view, { type: 'pong', id: 0, clockMs: 0 });
  return first === undefined ? [] : times(15_000, () => first);
}

/** A block that states a time far ahead: it waits for the clock, and rules ease the target of whoever comes late. */
function futureBlock(view: HostileView): Message | null {
  const { chain } = view.peer;
  if (chain === null) return null;
  const timeMs = view.clocks.wallMs + 60_000 + view.random.below(86_400_000);
  return withWork(view, chain.tip, payloadOf(view, timeMs), timeMs);
}

function hashesOfNothing(random: Random): Message {
  return { type: 'inventory', hashes: times(64, () => bytesToHex(random.bytes(32))) };
}

function garbage(random: Random): Uint8Array {
  switch (random.below(6)) {
    case 0:
      return random.bytes(random.below(300));
    case 1:
      return writeUtf8('{"type":"ping","id":');
    case 2:
      return writeUtf8('['.repeat(5_000));
    case 3:
      return new Uint8Array(65_536).fill(0x20);
    case 4:
      return writeUtf8('{"type":"chain","id":1,"blocks":[{"data":7}],"more":false}');
    default:
      return concatBytes(writeUtf8('{"type":"status","status":{"work":"'), random.bytes(9));
  }
}

/** A valid block on this parent, by the attacker's clock; null where the chain's rules make it too dear to search. */
function blockOn(view: HostileView, parent: TreeEntry): Block | null {
  const message = withWork(view, parent, payloadOf(view, view.clocks.wallMs));
  return message?.type === 'block' ? message.block : null;
}

function withWork(
  view: HostileView,
  parent: TreeEntry,
  data: Uint8Array,
  timeMs = view.clocks.wallMs,
): Message | null {
  const { chain } = view.peer;
  const target = chain!.rules.targetAt(parent, timeMs);
  // More than some thousand hashes would be an attack on the simulator's own speed.
  if (target >> 240n === 0n) return null;
  const previousHash = readHex(parent.hash)!;
  const nonce = view.random.uint32();
  const proofOfWork = searchProof(data, previousHash, targetToBytes(target), nonce);
  return { type: 'block', block: { data, previousHash, proofOfWork } };
}

function payloadOf(view: HostileView, timeMs: number): Uint8Array {
  const note = String(view.random.uint32());
  return encodePayload({
    timeMs,
    miner: view.peer.context.options.keys.account,
    name: 'Mallory',
    note,
  });
}

type SendOutput = Extract<PeerOutput, { kind: 'send' }>;

function readRoomMessage(output: PeerOutput): Message | null {
  if (output.kind !== 'send' || output.linkId.startsWith('udp:')) return null;
  const decoded = decodeMessage(output.bytes);
  return decoded.ok ? decoded.message : null;
}

function isOfType(output: PeerOutput, types: readonly Message['type'][]): boolean {
  const message = readRoomMessage(output);
  return message !== null && types.includes(message.type);
}

function greeted({ peer }: HostileView): string[] {
  return [...peer.context.neighbours.values()]
    .filter((neighbour) => neighbour.kind === 'room' && neighbour.nodeId !== null)
    .map(({ linkId }) => linkId);
}

function toOne(view: HostileView, message: Message | Uint8Array | null): PeerOutput[] {
  const links = greeted(view);
  return message === null || links.length === 0 ? [] : [send(view.random.pick(links), message)];
}

function toFirst(view: HostileView, message: Message | null): PeerOutput[] {
  const [first] = greeted(view);
  return message === null || first === undefined ? [] : [send(first, message)];
}

function send(linkId: string, message: Message | Uint8Array): SendOutput {
  const bytes = message instanceof Uint8Array ? message : encodeMessage(message);
  return { kind: 'send', linkId, bytes };
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
