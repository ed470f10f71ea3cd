import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANSWERS_LIMIT_BYTES,
  CALLER_IDLE_MS,
  CALLERS_LIMIT,
  Callers,
  EXECUTING_LIMIT,
  EXECUTING_PER_CALLER_LIMIT,
  REMEMBERED_CALLS_LIMIT,
} from '../../../lib/net/links/callers.ts';
import {
  ASK_AGAIN_MS,
  CALL_SPAN_LIMIT,
  Calls,
  CALLS_LIMIT,
  CALLS_PER_PEER_LIMIT,
} from '../../../lib/net/links/calls.ts';
import { OUTAGE_LIMIT_MS } from '../../../lib/net/links/outgoing.ts';
import { decodePerfectFrame } from '../../../lib/net/links/perfect-frames.ts';
import { PerfectLink } from '../../../lib/net/links/perfect.ts';
import {
  decodeCallMessage,
  encodeCallMessage,
  type CallMessage,
} from '../../../lib/net/links/rpc-frames.ts';
import {
  CALL_TIMEOUT_LIMIT_MS,
  Rpc,
  type AskedCall,
  type RpcEvent,
} from '../../../lib/net/links/rpc.ts';
import { Random } from '../../../lib/sim/random.ts';
import { bytes } from '../../support/arbitraries.ts';
import { accountNumber, carryAll, Post, text, textsOf } from '../../support/links.ts';

const [A, B] = [accountNumber(1), accountNumber(2)];
const EPOCH = '00000000000000aa';

class Pair {
  readonly post = new Post();
  readonly a = new Rpc(new PerfectLink(this.post.linkOf(A), new Random(1)));
  b = new Rpc(new PerfectLink(this.post.linkOf(B), new Random(2)));

  restartB(): void {
    this.b = new Rpc(new PerfectLink(this.post.linkOf(B), new Random(3)));
  }

  carry(nowMs: number): { atA: RpcEvent[]; atB: RpcEvent[] } {
    const ends = new Map([
      [A, this.a],
      [B, this.b],
    ]);
    const events = carryAll(this.post, ends, nowMs);
    return { atA: events.get(A) ?? [], atB: events.get(B) ?? [] };
  }

  call(message: string, nowMs: number, timeoutMs?: number): number {
    const called = this.a.call(B, text(message), nowMs, timeoutMs);
    if (called.kind === 'refused') throw new Error(called.code);
    return called.id;
  }
}

function asked(events: readonly RpcEvent[]): AskedCall[] {
  return events.flatMap((event) => (event.kind === 'asked' ? [event.call] : []));
}

/** "id: result", "id: error" or "id: code" of each call that ended. */
function ends(events: readonly RpcEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.kind !== 'ended') return [];
    const { id, answer } = event;
    return [`${id}: ${answer.kind === 'refusal' ? answer.code : textsOf([answer]).join('')}`];
  });
}

function result(message: string): { kind: 'result'; bytes: Uint8Array } {
  return { kind: 'result', bytes: text(message) };
}

describe('a remote call', () => {
  it('is executed by the peer, and ends with its result or its error', () => {
    const pair = new Pair();
    const [sum, bad] = [pair.call('2 + 2', 0), pair.call('2 / 0', 0)];
    const { atB } = pair.carry(1);
    expect(textsOf(atB)).toEqual(['2 + 2', '2 / 0']);
    const [first, second] = asked(atB);
    expect(pair.b.answer(second!, { kind: 'error', bytes: text('by zero') }, 2)).toBe(true);
    expect(pair.b.answer(first!, result('4'), 3)).toBe(true);
    expect(ends(pair.carry(4).atA).sort()).toEqual([`${sum}: 4`, `${bad}: by zero`]);
    expect(pair.a.waitingCount).toBe(0);
    expect(pair.b.answer(first!, result('5'), 5)).toBe(false);
    expect(pair.carry(6).atA).toEqual([]);
  });

  it('ends when its time is over, and the peer is told', () => {
    const pair = new Pair();
    const id = pair.call('slow', 0, 1_000);
    const [call] = asked(pair.carry(1).atB);
    expect(pair.a.nextMs).toBe(1_000);
    expect(ends(pair.a.tick(1_000))).toEqual([`${id}: timed-out`]);
    expect(pair.carry(1_001).atB).toContainEqual({ kind: 'cancelled', call });
    expect(pair.b.answer(call!, result('late'), 1_002)).toBe(false);
  });

  it('can be cancelled, and is not executed where the cancellation comes first', () => {
    const pair = new Pair();
    const first = pair.call('greet', 0);
    pair.b.answer(asked(pair.carry(1).atB)[0]!, result('hi'), 2);
    expect(ends(pair.carry(3).atA)).toEqual([`${first}: hi`]);
    const id = pair.call('shoot', 4);
    const [request] = pair.post.take();
    expect(ends(pair.a.cancel(id, 5))).toEqual([`${id}: cancelled`]);
    expect(pair.a.cancel(id, 5)).toEqual([]);
    expect(pair.carry(6).atB).toEqual([]);
    expect(pair.b.receive(A, request!.bytes, 7)).toEqual([]);
  });

  it('is asked for again when no answer comes, executed once, and answered from memory', () => {
    const pair = new Pair();
    const id = pair.call('pay 5', 0, 60_000);
    const [call] = asked(pair.carry(1).atB);
    pair.a.tick(ASK_AGAIN_MS + 1);
    expect(asked(pair.carry(ASK_AGAIN_MS + 2).atB)).toEqual([]);
    // The answer is late; meanwhile it is asked for once more, and given again.
    pair.b.answer(call!, result('paid'), ASK_AGAIN_MS + 3);
    pair.post.take();
    const againMs = 2 * ASK_AGAIN_MS + 10;
    pair.a.tick(againMs);
    expect(pair.carry(againMs + 1).atA).toEqual([]);
    pair.b.tick(againMs + 1_000);
    const { atA, atB } = pair.carry(againMs + 1_001);
    expect(asked(atB)).toEqual([]);
    expect(ends(atA)).toEqual([`${id}: paid`]);
  });

  it('that may have reached one life of the peer is executed by no other', () => {
    const pair = new Pair();
    const id = pair.call('pay 5', 0, 60_000);
    expect(asked(pair.carry(1).atB).length).toBe(1);
    pair.restartB();
    pair.a.tick(ASK_AGAIN_MS + 1);
    const { atA, atB } = pair.carry(ASK_AGAIN_MS + 2);
    expect(asked(atB)).toEqual([]);
    expect(ends(atA)).toEqual([`${id}: peer-restarted`]);
  });

  it('is not executed by a later life of the peer either when the refusal of that life is late', () => {
    const pair = new Pair();
    const id = pair.call('pay 5', 0, 60_000);
    expect(asked(pair.carry(1).atB).length).toBe(1);
    pair.restartB();
    let nowMs = 1;
    for (let again = 0; again < 2; again++) {
      nowMs += ASK_AGAIN_MS + 1;
      pair.a.tick(nowMs);
      // B gets no session with A, so its refusal has to wait; what A sends comes through.
      for (let sent = pair.post.take(); sent.length > 0; sent = pair.post.take())
        for (const { from, to, bytes: datagram } of sent)
          if (to === A) pair.a.receive(from, datagram, nowMs);
          else if (decodePerfectFrame(datagram)?.kind !== 'grant')
            expect(asked(pair.b.receive(from, datagram, nowMs))).toEqual([]);
    }
    pair.b.tick(nowMs + 5_000);
    expect(ends(pair.carry(nowMs + 5_001).atA)).toEqual([`${id}: peer-restarted`]);
  });

  it('ends when the peer is out of reach for longer than the link keeps trying', () => {
    const pair = new Pair();
    const id = pair.call('hello?', 0, CALL_TIMEOUT_LIMIT_MS);
    let events: RpcEvent[] = [];
    while (events.length === 0) {
      expect(pair.a.nextMs).toBeLessThanOrEqual(OUTAGE_LIMIT_MS);
      events = pair.a.tick(pair.a.nextMs);
    }
    expect(ends(events)).toEqual([`${id}: unreachable`]);
  });

  it('is refused at the limits, as a value', () => {
    const pair = new Pair();
    const long = new Uint8Array(pair.a.limitBytes + 1);
    expect(pair.a.call(B, long, 0)).toEqual({ kind: 'refused', code: 'too-long' });
    for (let i = 0; i < CALLS_PER_PEER_LIMIT; i++) pair.call('x', 0);
    expect(pair.a.call(B, text('x'), 0)).toEqual({ kind: 'refused', code: 'too-many-calls' });
    expect(() => pair.a.call(B, text('x'), 0, CALL_TIMEOUT_LIMIT_MS + 1)).toThrow(RangeError);
  });

  it('with an answer that is too long ends with that code', () => {
    const pair = new Pair();
    const id = pair.call('tell me everything', 0);
    const [call] = asked(pair.carry(1).atB);
    const long = new Uint8Array(pair.b.limitBytes + 1);
    expect(pair.b.answer(call!, { kind: 'result', bytes: long }, 2)).toBe(false);
    expect(ends(pair.carry(3).atA)).toEqual([`${id}: too-long`]);
  });

  it('goes beside notes, which nobody answers and the link settles', () => {
    const pair = new Pair();
    const sent = pair.a.note(B, text('by the way'), 0);
    const { atA, atB } = pair.carry(1);
    expect(atB).toEqual([{ kind: 'noted', from: A, bytes: text('by the way') }]);
    expect(atA).toMatchObject([{ kind: 'settled', id: sent.kind === 'accepted' ? sent.id : 0 }]);
  });

  it('is not disturbed by messages that are none', () => {
    const post = new Post();
    const plain = new PerfectLink(post.linkOf(A), new Random(1));
    const b = new Rpc(new PerfectLink(post.linkOf(B), new Random(2)));
    plain.send(B, text('what is this'), 0);
    const receivers = new Map<
      string,
      { receive: (...args: [string, Uint8Array, number]) => RpcEvent[] }
    >([
      [A, { receive: (...args) => (plain.receive(...args), []) }],
      [B, b],
    ]);
    const events = carryAll(post, receivers, 1);
    expect(events.get(B)).toEqual([{ kind: 'refused', from: A, code: 'bad-datagram' }]);
  });
});

describe('the memory of callers', () => {
  it('executes so many calls of one and of all, and tells the others that it is busy', () => {
    const callers = new Callers();
    for (let id = 1; id <= EXECUTING_PER_CALLER_LIMIT; id++)
      expect(callers.ask(A, { epoch: EPOCH, id }, 1, 0)).toEqual({ kind: 'execute' });
    const next = { epoch: EPOCH, id: EXECUTING_PER_CALLER_LIMIT + 1 };
    const busy = { kind: 'answer', answer: { kind: 'refusal', code: 'busy' } };
    expect(callers.ask(A, next, 1, 0)).toEqual(busy);
    callers.answer(A, { epoch: EPOCH, id: 1 }, result('done'));
    // It was refused; a late copy of the request does not change that.
    expect(callers.ask(A, next, 1, 0)).toEqual(busy);
    for (let peer = 10; callers.executingCount < EXECUTING_LIMIT; peer++)
      for (let id = 1; id <= 20 && callers.executingCount < EXECUTING_LIMIT; id++)
        expect(callers.ask(accountNumber(peer), { epoch: EPOCH, id }, 1, 0).kind).toBe('execute');
    expect(callers.ask(B, { epoch: EPOCH, id: 1 }, 1, 0)).toEqual(busy);
  });

  it('frees what a caller has when it begins a new life', () => {
    const callers = new Callers();
    for (let id = 1; id <= 10; id++) callers.ask(A, { epoch: EPOCH, id }, 1, 0);
    expect(callers.ask(A, { epoch: '00000000000000bb', id: 1 }, 1, 0)).toEqual({ kind: 'execute' });
    expect(callers.executingCount).toBe(1);
    expect(callers.answer(A, { epoch: EPOCH, id: 3 }, result('late'))).toBe(false);
  });

  it('ignores more calls than an honest caller has, and forgets what its caller no longer needs', () => {
    const callers = new Callers();
    let executed = 0;
    for (let id = 1; id <= 2 * REMEMBERED_CALLS_LIMIT; id++) {
      if (callers.ask(A, { epoch: EPOCH, id }, 1, 0).kind === 'execute') executed++;
      callers.answer(A, { epoch: EPOCH, id }, result(''));
    }
    expect(executed).toBe(REMEMBERED_CALLS_LIMIT);
    const id = 2 * REMEMBERED_CALLS_LIMIT + 1;
    expect(callers.ask(A, { epoch: EPOCH, id }, id, 0).kind).toBe('execute');
    expect(callers.ask(A, { epoch: EPOCH, id: 5 }, 5, 0).kind).toBe('ignore');
  });

  it('keeps so many bytes of answers; a call whose answer is gone is still not executed again', () => {
    const callers = new Callers();
    const long = new Uint8Array(16_000);
    const count = Math.ceil(ANSWERS_LIMIT_BYTES / long.length) + 10;
    for (let i = 0; i < count; i++) {
      const [from, name] = [accountNumber(10 + (i % 20)), { epoch: EPOCH, id: 1 + i }];
      expect(callers.ask(from, name, 1, 0).kind).toBe('execute');
      callers.answer(from, name, { kind: 'result', bytes: long });
    }
    const told = (i: number): unknown =>
      callers.ask(accountNumber(10 + (i % 20)), { epoch: EPOCH, id: 1 + i }, 1, 0);
    expect(told(0)).toEqual({
      kind: 'answer',
      answer: { kind: 'refusal', code: 'answer-forgotten' },
    });
    expect(told(count - 1)).toMatchObject({ kind: 'answer', answer: { kind: 'result' } });
  });

  it('has room for so many callers, and for another one once one has been idle for long enough', () => {
    const callers = new Callers();
    for (let i = 0; i < CALLERS_LIMIT; i++) {
      callers.ask(accountNumber(i), { epoch: EPOCH, id: 1 }, 1, 0);
      callers.cancel(accountNumber(i), { epoch: EPOCH, id: 1 }, 1, 0);
    }
    const stranger = accountNumber(9_999);
    expect(callers.ask(stranger, { epoch: EPOCH, id: 1 }, 1, CALLER_IDLE_MS - 1).kind).toBe(
      'answer',
    );
    expect(callers.ask(stranger, { epoch: EPOCH, id: 1 }, 1, CALLER_IDLE_MS).kind).toBe('execute');
    expect(CALLER_IDLE_MS).toBeGreaterThan(CALL_TIMEOUT_LIMIT_MS);
  });

  it('executes no call twice, whatever is asked, answered and cancelled in whatever order', () => {
    const step = fc.record({
      act: fc.constantFrom('ask', 'answer', 'cancel'),
      id: fc.integer({ min: 1, max: 8 }),
      floor: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const callers = new Callers();
        const executed: number[] = [];
        for (const { act, id, floor } of steps) {
          const name = { epoch: EPOCH, id };
          if (act === 'answer') callers.answer(A, name, result('x'));
          else if (act === 'cancel') callers.cancel(A, name, floor, 0);
          else if (callers.ask(A, name, Math.min(id, floor), 0).kind === 'execute')
            executed.push(id);
        }
        expect(new Set(executed).size).toBe(executed.length);
        expect(callers.executingCount).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe('the calls of one caller', () => {
  it('to one peer span no more than the peer remembers', () => {
    const calls = new Calls();
    const oldest = calls.add(B, text('slow'), 1)!;
    let count = 1;
    for (let call = calls.add(B, text('x'), 1); call !== null; call = calls.add(B, text('x'), 1)) {
      calls.end(call);
      count++;
    }
    expect(count).toBe(CALL_SPAN_LIMIT);
    expect(CALL_SPAN_LIMIT).toBe(REMEMBERED_CALLS_LIMIT);
    expect(calls.floorOf(B)).toBe(oldest.id);
    calls.end(oldest);
    expect(calls.floorOf(B)).toBe(count + 1);
    expect(calls.add(B, text('x'), 1)).not.toBeNull();
  });

  it('to all peers are limited too', () => {
    const calls = new Calls();
    let count = 0;
    for (let peer = 0; peer < 100; peer++)
      for (let i = 0; i < CALLS_PER_PEER_LIMIT; i++)
        if (calls.add(accountNumber(peer), text('x'), 1) !== null) count++;
    expect(count).toBe(CALLS_LIMIT);
  });
});

describe('the messages of remote calls', () => {
  const epoch = bytes(8).map((raw) => Buffer.from(raw).toString('hex'));
  const name = fc.record({ epoch, id: fc.nat(2 ** 31) }, { noNullPrototype: true });
  const anyMessage: fc.Arbitrary<CallMessage> = fc.oneof(
    bytes(0, 40).map((note) => ({ kind: 'note' as const, bytes: note })),
    fc.tuple(name, fc.nat(1_000), epoch, bytes(0, 40)).map(([of, below, executor, body]) => ({
      kind: 'request' as const,
      name: of,
      floor: Math.max(0, of.id - below),
      executor,
      bytes: body,
    })),
    fc
      .tuple(name, fc.constantFrom('result' as const, 'error' as const), bytes(0, 40))
      .map(([of, kind, body]) => ({
        kind: 'answer' as const,
        name: of,
        answer: { kind, bytes: body },
      })),
    fc
      .tuple(name, fc.constantFrom('busy' as const, 'peer-restarted' as const))
      .map(([of, code]) => ({
        kind: 'answer' as const,
        name: of,
        answer: { kind: 'refusal' as const, code },
      })),
    fc.tuple(name, fc.nat()).map(([of, floor]) => ({ kind: 'cancel' as const, name: of, floor })),
  );

  it('come back from their bytes', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeCallMessage(encodeCallMessage(message))).toEqual(message);
      }),
    );
  });

  it('are refused where a code is none of ours, or the floor lies above the call', () => {
    const call = { epoch: EPOCH, id: 5 };
    const refusal = encodeCallMessage({
      kind: 'answer',
      name: call,
      answer: { kind: 'refusal', code: 'busy' },
    });
    expect(decodeCallMessage(refusal.subarray(0, -1))).toBeNull();
    const request = {
      kind: 'request',
      name: call,
      floor: 6,
      executor: EPOCH,
      bytes: text(''),
    } as const;
    expect(decodeCallMessage(encodeCallMessage(request))).toBeNull();
    fc.assert(fc.property(bytes(0, 50), (junk) => void decodeCallMessage(junk)));
  });
});
