import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanNote } from '../../lib/ledger/text.ts';
import { NOTE_DEPTH, planBridge, transactionOf, type RoomNote } from '../../lib/node/room-notes.ts';
import { isTransaction, makeTransaction } from '../../lib/tcp-peer/transaction.ts';

const account = '3fa9c0'.padEnd(40, '7');
const noteOf = (note: string, depth = NOTE_DEPTH): RoomNote => ({
  note,
  name: 'Ada Lovelace',
  miner: account,
  depth,
});

const anyNote = fc
  .oneof(
    fc.constantFrom('hi', 'tx|Abcd1234|hi', 'a | b', 'tx|nobody|x', 'x'.repeat(280)),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
  )
  .map(cleanNote)
  .filter((note) => note !== '');
const anyTransaction = fc
  .oneof(
    fc.constantFrom('hi', 'two  spaces', ' ', 'x'.repeat(70)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  )
  .map((content) => makeTransaction('Abcd1234', content))
  .filter((outcome) => outcome.ok)
  .map((outcome) => outcome.text);

describe('notes of a room and transactions', () => {
  it('become equal, each once, and stay so', () => {
    fc.assert(
      fc.property(
        fc.array(anyTransaction, { maxLength: 8 }),
        fc.array(anyNote, { maxLength: 8 }),
        (transactions, texts) => {
          const here = [...transactions];
          const notes = texts.map((text) => noteOf(text));
          const wanted = planBridge(here, notes);
          let posts = 0;
          for (let plan = wanted; ; plan = planBridge(here, notes)) {
            here.push(...plan.submit);
            if (plan.post === null) break;
            notes.push(noteOf(plan.post));
            expect(++posts).toBeLessThanOrEqual(transactions.length);
          }
          expect(planBridge(here, notes)).toEqual({ submit: [], post: null });
          expect(here.length).toBe(notes.length);
          expect(here.length).toBeLessThanOrEqual(transactions.length + texts.length);
          expect(here.every(isTransaction)).toBe(true);
        },
      ),
    );
  });

  it('are not written by the bridge while their own writer may write them again', () => {
    const made = transactionOf(noteOf('hi'));
    expect(planBridge([made], [], new Set([made])).post).toBeNull();
    expect(planBridge([made, 'tx|Efgh5678|x'], [], new Set([made])).post).toBe('tx|Efgh5678|x');
    expect(planBridge([made], []).post).toBe(made);
  });

  it('are counted where they are the same text', () => {
    const plan = planBridge([], [noteOf('hi'), noteOf('hi')]);
    expect(plan.submit).toEqual([transactionOf(noteOf('hi')), transactionOf(noteOf('hi'))]);
  });

  it('wait for a block upon theirs before they become transactions', () => {
    const note = noteOf('hi', 1);
    expect(planBridge([], [note]).submit).toEqual([]);
    expect(planBridge([], [{ ...note, depth: NOTE_DEPTH }]).submit).toHaveLength(1);
  });

  it('name their writer by letters of the name and digits of the account', () => {
    expect(transactionOf(noteOf('hi'))).toBe('tx|AdaL8071|hi');
    expect(transactionOf({ ...noteOf('hi'), name: 'Ж9' })).toBe('tx|dpkj8071|hi');
    expect(transactionOf({ ...noteOf('hi'), name: 'Ég' })).toBe('tx|Egdp8071|hi');
  });

  it('are cut to what a transaction holds', () => {
    expect(transactionOf(noteOf('a|b'))).toBe('tx|AdaL8071|a/b');
    expect(transactionOf(noteOf('🦊'.repeat(71)))).toBe(`tx|AdaL8071|${'🦊'.repeat(69)}…`);
    expect(isTransaction(transactionOf(noteOf('🦊'.repeat(280))))).toBe(true);
  });

  it('that are whole transactions stand for them', () => {
    expect(transactionOf(noteOf('tx|Abcd1234|hi'))).toBe('tx|Abcd1234|hi');
    expect(transactionOf(noteOf('tx|Abcd123|hi'))).toBe('tx|AdaL8071|tx/Abcd123/hi');
  });
});
