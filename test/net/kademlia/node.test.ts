import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeKeyPair, type KeyPair } from '../../../lib/ledger/account.ts';
import { readKadMessage } from '../../../lib/net/kademlia/messages.ts';
import {
  CHECK_RATE,
  KademliaNode,
  LOOKUPS_LIMIT,
  REPUBLISH_MS,
  TRIES_LIMIT,
  TRY_MS,
  type KadOutput,
} from '../../../lib/net/kademlia/node.ts';
import {
  checkRecord,
  makeRecord,
  RECORD_LIFE_MS,
  type PeerRecord,
} from '../../../lib/net/kademlia/record.ts';
import { RECORDS_LIMIT, RecordStore } from '../../../lib/net/kademlia/record-store.ts';

const WALL_MS = 1_800_000_000_000;
const ROOM = 'lab';
const keys = (number: number): KeyPair => makeKeyPair(new Uint8Array(48).fill(number));
const ADA = keys(1);
const EVE = keys(2);
const clocks = (nowMs: number) => ({ wallMs: WALL_MS + nowMs, nowMs });
const recordOf = (pair: KeyPair, changes: Partial<PeerRecord> = {}): PeerRecord =>
  makeRecord(
    { room: ROOM, sequence: 1, expiresMs: WALL_MS + RECORD_LIFE_MS, reach: 'here', ...changes },
    pair,
  );
const node = (number = 9) =>
  new KademliaNode(keys(number).account, 0, (record, wallMs) => checkRecord(record, ROOM, wallMs));
const bodies = (outputs: readonly KadOutput[]) =>
  outputs.filter((output) => output.kind === 'send').map(({ body }) => readKadMessage(body));
const store = (record: unknown) => JSON.stringify({ type: 'store', record });
const found = (id: number, record: unknown, nodeIds: string[] = []) =>
  JSON.stringify({ type: 'found', id, nodeIds, record, hops: 3 });

describe('a record', () => {
  it('is of the account that signed it', () => {
    expect(checkRecord(recordOf(ADA), ROOM, WALL_MS)).toEqual({ ok: true, account: ADA.account });
  });

  it.each<[string, unknown, string]>([
    ['for another’s account', { ...recordOf(EVE), publicKey: recordOf(ADA).publicKey }, 'forged'],
    ['with a changed address', { ...recordOf(ADA), reach: 'elsewhere' }, 'forged'],
    ['that has expired', recordOf(ADA, { expiresMs: WALL_MS }), 'expired'],
    ['that wants to live for ever', recordOf(ADA, { expiresMs: WALL_MS * 2 }), 'expired'],
    ['of another room', recordOf(ADA, { room: 'attic' }), 'wrong-room'],
    ['without a key', { ...recordOf(ADA), publicKey: '' }, 'malformed'],
    ['that is a text', 'record', 'malformed'],
  ])('%s is refused', (_, record, reason) => {
    expect(checkRecord(record, ROOM, WALL_MS)).toEqual({ ok: false, reason });
  });
});

describe('a node of the hash table', () => {
  it('keeps and gives back what an account says of itself, until that expires', () => {
    const holder = node();
    holder.received('a'.repeat(40), 1, store(recordOf(ADA)), clocks(0));
    const ask = JSON.stringify({ type: 'find-value', id: 7, key: ADA.account });
    const [answer] = bodies(holder.received(EVE.account, 2, ask, clocks(0)));
    expect(answer).toMatchObject({ type: 'found', id: 7, record: recordOf(ADA), hops: 2 });
    holder.tick(clocks(RECORD_LIFE_MS));
    expect(holder.store.size).toBe(0);
  });

  it('keeps the latest: an older record that is played back replaces nothing', () => {
    const holder = node();
    const [older, newer] = [recordOf(ADA), recordOf(ADA, { sequence: 2, reach: 'there' })];
    for (const record of [newer, older])
      holder.received('a'.repeat(40), 1, store(record), clocks(0));
    expect(holder.store.get(ADA.account, WALL_MS)).toEqual(newer);
  });

  it('keeps nothing that is forged or expired', () => {
    const holder = node();
    const forged = { ...recordOf(EVE), publicKey: recordOf(ADA).publicKey };
    for (const record of [forged, recordOf(ADA, { expiresMs: WALL_MS - 1 }), null, 7])
      holder.received(EVE.account, 1, store(record), clocks(0));
    expect(holder.store.size).toBe(0);
  });

  it('checks only so many signatures for others', () => {
    let checks = 0;
    const holder = new KademliaNode(keys(9).account, 0, () => {
      checks++;
      return { ok: false, reason: 'forged' };
    });
    const body = store(recordOf(EVE));
    for (let i = 0; i < 5_000; i++) holder.received(EVE.account, 1, body, clocks(0));
    expect(checks).toBe(CHECK_RATE.burst);
  });

  it('checks a record once that comes again and again, and anew when anything in it is different', () => {
    let checks = 0;
    const holder = new KademliaNode(keys(9).account, 0, (record, wallMs) => {
      checks++;
      return checkRecord(record, ROOM, wallMs);
    });
    const bring = (record: PeerRecord): void =>
      void holder.received(EVE.account, 1, store(record), clocks(0));
    const record = recordOf(ADA);
    for (let i = 0; i < 3; i++) bring(record);
    expect(checks).toBe(1);
    bring({ ...record, reach: 'elsewhere' });
    bring({ ...record, signature: recordOf(EVE).signature });
    bring(recordOf(ADA, { sequence: 2 }));
    bring(recordOf(EVE));
    expect(checks).toBe(5);
  });

  it('survives any body', () => {
    const holder = node();
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ type: fc.constantFrom('found', 'store', 'ping'), id: fc.anything() })
        .map((value) => {
          return JSON.stringify(value) ?? '';
        }),
    );
    fc.assert(
      fc.property(any, (body) => {
        for (const output of holder.received(EVE.account, 1, body, clocks(0)))
          expect(output.kind).toBe('send');
      }),
    );
  });

  it('makes its record known to the nearest, and again as others have become the nearest', () => {
    const publisher = node(1);
    publisher.seen([keys(3).account, keys(4).account], true, 0);
    publisher.publish(recordOf(ADA), 0);
    expect(bodies(publisher.tick(clocks(0)))).toHaveLength(2);
    expect(publisher.tick(clocks(REPUBLISH_MS - 1))).toEqual([]);
    expect(bodies(publisher.tick(clocks(REPUBLISH_MS)))).toHaveLength(2);
  });
});

describe('a lookup', () => {
  it('ends with the record of the account, and takes no other for it', () => {
    const asker = node();
    const [question] = bodies(asker.lookUp('find-value', ADA.account, clocks(0)));
    if (question?.type !== 'find-value') throw new Error('no question was sent');
    const { id } = question;
    const forged = { ...recordOf(EVE), publicKey: recordOf(ADA).publicKey };
    for (const record of [recordOf(EVE), forged, recordOf(ADA, { expiresMs: WALL_MS })])
      expect(asker.received(EVE.account, 1, found(id, record), clocks(0))).toEqual([]);
    const done = asker.received(EVE.account, 1, found(id, recordOf(ADA)), clocks(0));
    expect(done).toMatchObject([{ kind: 'looked-up', record: recordOf(ADA), hops: 3, tries: 1 }]);
    // What comes later is for nobody.
    expect(asker.received(EVE.account, 1, found(id, recordOf(ADA)), clocks(0))).toEqual([]);
  });

  it('asks again where nobody answers, and gives up in the end', () => {
    const asker = node();
    const outputs = asker.lookUp('find-node', ADA.account, clocks(0));
    for (let nowMs = 0; nowMs <= TRIES_LIMIT * TRY_MS; nowMs += 100)
      outputs.push(...asker.tick(clocks(nowMs)));
    expect(bodies(outputs)).toHaveLength(TRIES_LIMIT);
    expect(outputs.at(-1)).toMatchObject({ kind: 'looked-up', record: null, nodeIds: [] });
  });

  it('asks those whom an answer names, though never more than a bucket of them', () => {
    const asker = node();
    const [question] = bodies(asker.lookUp('find-value', ADA.account, clocks(0)));
    if (question?.type !== 'find-value') throw new Error('no question was sent');
    const asked = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const ids = Array.from({ length: 8 }, (_, at) => (8 * i + at).toString(16).padStart(40, '0'));
      for (const output of asker.received(EVE.account, 1, found(question.id, null, ids), clocks(0)))
        if (output.kind === 'send') asked.add(output.to);
    }
    expect(asked.size).toBe(8);
  });

  it('is one of so many at a time', () => {
    const asker = node();
    for (let i = 0; i < LOOKUPS_LIMIT; i++) asker.lookUp('find-node', ADA.account, clocks(0));
    expect(asker.lookUp('find-node', ADA.account, clocks(0))).toMatchObject([
      { kind: 'looked-up', record: null },
    ]);
  });
});

describe('a full store', () => {
  it('keeps the accounts nearest to it, whatever comes', () => {
    const self = '0'.repeat(40);
    const records = new RecordStore(self);
    const at = (number: number) => number.toString(16).padStart(40, '0');
    for (let i = 1; i <= 2 * RECORDS_LIMIT; i++) records.keep(at(i), recordOfNobody);
    expect(records.size).toBe(RECORDS_LIMIT);
    expect(records.keep(at(RECORDS_LIMIT + 5), recordOfNobody)).toBe('full');
    expect(records.get(at(1), WALL_MS)).not.toBeNull();
  });
});

const recordOfNobody = { ...recordOf(ADA) };
