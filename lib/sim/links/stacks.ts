/**
 * The links that a world's processes may stand on, each as a process uses it: one way in, one way up (R19).
 */
import { readUtf8, writeUtf8 } from '../../chain/bytes.ts';
import type { Account, KeyPair } from '../../ledger/account.ts';
import { AuthenticatedLink } from '../../net/links/authenticated.ts';
import { broadcastBestEffort } from '../../net/links/best-effort-broadcast.ts';
import type { FairLossLink } from '../../net/links/fair-loss.ts';
import { GossipBroadcast } from '../../net/links/gossip-broadcast.ts';
import { PairKeys } from '../../net/links/pair-keys.ts';
import { PerfectLink } from '../../net/links/perfect.ts';
import type { LinkEvent, ReliableLink } from '../../net/links/reliable-link.ts';
import { Rpc, type AskedCall, type RpcEvent } from '../../net/links/rpc.ts';
import { StubbornLink } from '../../net/links/stubborn.ts';
import type { Random } from '../random.ts';
import { resultOf } from './call-checkers.ts';
import type { PropertyName } from './properties.ts';

/** Each kind of stack, with the properties that its worlds must have. */
export const STACKS = {
  'fair-loss': ['FLL1', 'FLL2', 'FLL3'],
  stubborn: ['SL1', 'SL2'],
  perfect: ['PL1', 'PL2', 'PL3', 'lifeOrder', 'settling'],
  authenticated: ['AL1', 'AL2', 'AL3', 'lifeOrder', 'settling'],
  'best-effort': ['BEB1', 'BEB2', 'BEB3'],
  gossip: ['PB1', 'PB2', 'PB3'],
  calls: ['callsEnd', 'atMostOnce', 'trueResults'],
} as const satisfies Record<string, readonly PropertyName[]>;

export type StackKind = keyof typeof STACKS;

/** What a stack needs of the life of a process that stands on it. */
export interface StackOwner {
  readonly self: Account;
  readonly keys: KeyPair;
  readonly carrier: FairLossLink;
  readonly random: Random;
  /** Every process of the world, this one included. */
  readonly members: readonly Account[];
  readonly nowMs: number;
  /** A fair-loss link sends a message many times, and reports each. */
  sent(to: Account, text: string): void;
  delivered(from: Account, text: string): void;
  settled(to: Account, text: string, failure: string | null): void;
  executed(from: Account, text: string): void;
  ended(text: string, result: string | null, failure: string | null): void;
  /** Calls a function of this life later. */
  later(delayMs: number, happen: () => void): void;
}

export interface Stack {
  /** When it has something to do; infinite where nothing waits. */
  readonly nextMs: number;
  /** Whether nothing that it was asked for is still under way. */
  readonly isIdle: boolean;
  /** Sends, calls, or broadcasts; `to` is then ignored. */
  send(to: Account, text: string): void;
  receive(from: Account, bytes: Uint8Array): void;
  tick(): void;
}

/** The room of every simulated link. */
export const LINK_ROOM = 'links';

/** Sends of one message over a fair-loss link, which is what "infinitely often" comes to in a world. */
const SENDS = 100;
const SEND_EVERY_MS = 500;
/** Time that simulated calls get: longer than all faults together. */
const CALL_TIMEOUT_MS = 240_000;
/** Longest time that the procedure takes: beyond the time after which a caller asks again. */
const EXECUTION_LIMIT_MS = 16_000;

export function makeStack(kind: StackKind, owner: StackOwner): Stack {
  switch (kind) {
    case 'fair-loss':
      return fairLossStack(owner);
    case 'stubborn':
      return stubbornStack(owner);
    case 'perfect':
      return reliableStack(new PerfectLink(owner.carrier, owner.random), owner, false);
    case 'authenticated':
      return reliableStack(authenticatedLink(owner), owner, false);
    case 'best-effort':
      return reliableStack(new PerfectLink(owner.carrier, owner.random), owner, true);
    case 'gossip':
      return gossipStack(owner);
    case 'calls':
      return callStack(owner);
  }
}

function authenticatedLink({ carrier, keys, random, nowMs }: StackOwner): AuthenticatedLink {
  const pairKeys = new PairKeys(keys, nowMs);
  return new AuthenticatedLink({ carrier, keys: pairKeys, room: LINK_ROOM, random });
}

function fairLossStack(owner: StackOwner): Stack {
  const { carrier } = owner;
  let left = 0;
  function sendAgain(to: Account, text: string, times: number): void {
    owner.sent(to, text);
    carrier.send(to, writeUtf8(text));
    if (times > 1) owner.later(SEND_EVERY_MS, () => sendAgain(to, text, times - 1));
    else left--;
  }
  return {
    nextMs: Number.POSITIVE_INFINITY,
    get isIdle() {
      return left === 0;
    },
    send(to, text) {
      left++;
      sendAgain(to, text, SENDS);
    },
    receive: (from, bytes) => owner.delivered(from, textOf(bytes)),
    tick: () => undefined,
  };
}

/** Never stops a message, so it is never idle: its worlds end when their time is over. */
function stubbornStack(owner: StackOwner): Stack {
  const link = new StubbornLink(owner.carrier, owner.random);
  return {
    get nextMs() {
      return link.nextMs;
    },
    get isIdle() {
      return link.size === 0;
    },
    send: (to, text) => void link.send(to, writeUtf8(text), owner.nowMs),
    receive: (from, bytes) => owner.delivered(from, textOf(bytes)),
    tick: () => link.tick(owner.nowMs),
  };
}

function reliableStack(link: ReliableLink, owner: StackOwner, broadcasts: boolean): Stack {
  const texts = new Map<number, string>();
  function take(events: readonly LinkEvent[]): void {
    for (const event of events)
      if (event.kind === 'delivered') owner.delivered(event.from, textOf(event.bytes));
      else if (event.kind === 'settled') {
        const { to, id, settlement } = event;
        owner.settled(to, texts.get(id)!, settlement.kind === 'failed' ? settlement.code : null);
        texts.delete(id);
      }
  }
  return {
    get nextMs() {
      return link.nextMs;
    },
    get isIdle() {
      return texts.size === 0;
    },
    send(to, text) {
      const { self, members, nowMs } = owner;
      if (broadcasts) {
        owner.delivered(self, text);
        const outcome = broadcastBestEffort(link, self, members, writeUtf8(text), nowMs);
        for (const id of outcome.accepted.values()) texts.set(id, text);
      } else {
        const outcome = link.send(to, writeUtf8(text), nowMs);
        if (outcome.kind === 'accepted') texts.set(outcome.id, text);
      }
    },
    receive: (from, bytes) => take(link.receive(from, bytes, owner.nowMs)),
    tick: () => take(link.tick(owner.nowMs)),
  };
}

function gossipStack(owner: StackOwner): Stack {
  const { self, carrier, random, members } = owner;
  const gossip = new GossipBroadcast(self, carrier, random);
  return {
    nextMs: Number.POSITIVE_INFINITY,
    isIdle: true,
    send(_to, text) {
      gossip.broadcast(writeUtf8(text), members);
      owner.delivered(self, text);
    },
    receive(from, bytes) {
      const outcome = gossip.receive(from, bytes, members, owner.nowMs);
      if (outcome.kind === 'delivered') owner.delivered(outcome.origin, textOf(outcome.bytes));
    },
    tick: () => undefined,
  };
}

/** Calls a procedure that takes its time, over perfect links. */
function callStack(owner: StackOwner): Stack {
  const { random } = owner;
  const rpc = new Rpc(new PerfectLink(owner.carrier, random));
  const texts = new Map<number, string>();
  function execute(call: AskedCall, text: string): void {
    owner.executed(call.from, text);
    const delayMs = random.chance(0.2) ? random.between(0, EXECUTION_LIMIT_MS) : 0;
    const bytes = writeUtf8(resultOf(text));
    owner.later(delayMs, () => void rpc.answer(call, { kind: 'result', bytes }, owner.nowMs));
  }
  function take(events: readonly RpcEvent[]): void {
    for (const event of events)
      if (event.kind === 'asked') execute(event.call, textOf(event.bytes));
      else if (event.kind === 'ended') {
        const { id, answer } = event;
        const isRefused = answer.kind === 'refusal';
        owner.ended(
          texts.get(id)!,
          isRefused ? null : textOf(answer.bytes),
          isRefused ? answer.code : null,
        );
        texts.delete(id);
      }
  }
  return {
    get nextMs() {
      return rpc.nextMs;
    },
    get isIdle() {
      return texts.size === 0;
    },
    send(to, text) {
      const outcome = rpc.call(to, writeUtf8(text), owner.nowMs, CALL_TIMEOUT_MS);
      if (outcome.kind === 'called') texts.set(outcome.id, text);
    },
    receive: (from, bytes) => take(rpc.receive(from, bytes, owner.nowMs)),
    tick: () => take(rpc.tick(owner.nowMs)),
  };
}

/** The text of bytes; bytes that are none stand for themselves, so that a checker sees them. */
function textOf(bytes: Uint8Array): string {
  return readUtf8(bytes) ?? `no text: ${bytes.join(' ')}`;
}
