import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { CONFIRMATION_DEPTH_BLOCKS, SUBMIT_AGAIN_MS } from '../../lib/ledger/commit/limits.ts';
import { inputsOf, transactionToJson } from '../../lib/ledger/transaction.ts';
import type { StoredChain } from '../../lib/peer/inputs.ts';
import { KEPT_LIMIT } from '../../lib/peer/kept-transactions.ts';
import { EXPIRIES_LIMIT } from '../../lib/peer/own-transactions.ts';
import { FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { eventsIn, keysOf, restoredFrom, stored, TestPeer } from '../support/peers.ts';
import {
  BOB,
  makeSigned,
  minedBlock,
  note,
  payment,
  REWARD,
  toJson,
} from '../support/transactions.ts';

const SELF = keysOf(1).account;

/** Blocks that earn the first peer coins. */
function earnings(count: number): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < count; i++)
    blocks.push(
      minedBlock(i === 0 ? FREE_GENESIS_HASH : hashBlockHex(blocks[i - 1]!), SELF, [], i),
    );
  return blocks;
}

const miner = (count: number) =>
  new TestPeer(1, { mines: true, room: '' }, stored(earnings(count)));
const wallet = (peer: TestPeer) => peer.picture().wallet!;
const texts = (peer: TestPeer) =>
  wallet(peer).transactions.map(({ body, state }) => [
    body.kind === 'note' ? body.text : body.kind,
    state.kind,
  ]);
/** Lets what waits into a template, and finds its block. */
function findBlock(peer: TestPeer): void {
  peer.wait(1_000);
  peer.find();
}

describe('a line that a user writes', () => {
  it('is a note of its account: it waits, and a block lists it, cleaned', () => {
    const peer = miner(1);
    peer.step({ kind: 'write', text: ' hello,\n row\u0000 three ' });
    expect(texts(peer)).toEqual([['hello, row three', 'waiting']]);
    findBlock(peer);
    expect(texts(peer)).toEqual([['hello, row three', 'listed']]);
  });

  it('can be written twice, and reaches a peer that mines when its own does not', () => {
    const [writer, other] = [
      new TestPeer(2, {}, stored(earnings(1))),
      new TestPeer(1, { mines: true }, stored(earnings(1))),
    ];
    const network = new PeerNetwork(writer, other);
    network.link(writer, other);
    for (let i = 0; i < 2; i++) writer.step({ kind: 'write', text: 'again' });
    network.wait(2_000);
    other.find();
    network.deliver();
    expect(texts(writer)).toEqual([
      ['again', 'listed'],
      ['again', 'listed'],
    ]);
  });

  it('can be written so often at once, and is not taken after that until a block has come', () => {
    const peer = miner(1);
    const write = () => eventsIn(peer.step({ kind: 'write', text: 'again' }), 'submitted');
    for (let i = 0; i < EXPIRIES_LIMIT; i++)
      expect(write()).toMatchObject([{ outcome: { kind: 'accepted' } }]);
    expect(write()).toMatchObject([{ outcome: { kind: 'known' } }]);
    findBlock(peer);
    expect(write()).toMatchObject([{ outcome: { kind: 'accepted' } }]);
  });

  it('is nothing without a text or a chain', () => {
    const peer = miner(1);
    for (const text of ['', '  ', '\u200b'])
      expect(eventsIn(peer.step({ kind: 'write', text }), 'submitted')).toEqual([]);
    const early = new TestPeer(3);
    expect(() => early.step({ kind: 'write', text: 'hello' })).not.toThrow();
    expect(() => early.step({ kind: 'merge' })).not.toThrow();
  });
});

describe('small coins', () => {
  it('become few, so that one payment can move them all, and none is lost', () => {
    const peer = miner(20);
    expect(wallet(peer)).toMatchObject({
      balance: 20 * REWARD,
      payable: 4 * REWARD,
      freeCoins: 20,
    });
    const events = eventsIn(peer.step({ kind: 'merge' }), 'submitted');
    expect(events.map(({ outcome }) => outcome?.kind)).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ]);
    findBlock(peer);
    // Two merges of eight, one of four, and the reward of the block that lists them.
    expect(wallet(peer)).toMatchObject({
      balance: 21 * REWARD,
      payable: 21 * REWARD,
      freeCoins: 4,
    });
    expect(eventsIn(peer.step({ kind: 'merge' }), 'submitted')).toEqual([]);
  });
});

describe('what an account has signed alone', () => {
  const start = (count: number) => stored(earnings(count));
  const restart = (content: StoredChain | null, mines = true) =>
    new TestPeer(1, { mines, room: '' }, content);
  const waiting = (peer: TestPeer) => [...peer.peer.keeper.ledger!.mempool.inOrder()];

  it('waits again after a restart, is passed on, and comes into a block', () => {
    const before = start(8);
    const peer = restart(before);
    peer.step({ kind: 'write', text: 'a line' });
    peer.step({ kind: 'merge' });
    const signed = waiting(peer);
    expect(signed.map(({ body }) => body.kind)).toEqual(['note', 'merge']);

    const again = new TestPeer(1, { mines: true }, restoredFrom(peer.outputs, before));
    expect(new Set(waiting(again))).toEqual(new Set(signed));
    expect(wallet(again)).toMatchObject({ freeCoins: 0 });
    const other = new TestPeer(2, {}, start(8));
    const network = new PeerNetwork(again, other);
    network.link(again, other);
    network.wait(1_000);
    expect(waiting(other)).toHaveLength(2);
    findBlock(again);
    expect(texts(again).map(([, state]) => state)).toEqual(['listed', 'listed']);
  });

  it('is kept until its block is buried, and then forgotten', () => {
    const before = start(1);
    const peer = restart(before);
    peer.step({ kind: 'write', text: 'a line' });
    for (let depth = 1; depth < CONFIRMATION_DEPTH_BLOCKS; depth++) findBlock(peer);
    expect(restoredFrom(peer.outputs, before)!.transactions).toHaveLength(1);
    const again = restart(restoredFrom(peer.outputs, before));
    expect(waiting(again)).toEqual([]);
    expect(texts(again)).toEqual([['a line', 'listed']]);
    findBlock(peer);
    peer.wait(1_000);
    expect(restoredFrom(peer.outputs, before)!.transactions).toEqual([]);
  });

  it('survives a reorganisation after a restart, and a restart after a reorganisation', () => {
    const before = start(1);
    const peer = restart(before);
    peer.step({ kind: 'write', text: 'a line' });
    findBlock(peer);
    const content = restoredFrom(peer.outputs, before)!;
    const longer = freeBlocks(hashBlockHex(before.blocks[0]!.block), 3, 'longer');
    const again = restart(content);
    for (const block of longer) again.peer.keeper.accept(block, 'test');
    expect(texts(again)).toEqual([['a line', 'waiting']]);
    const blocks = [...content.blocks, ...stored(longer).blocks];
    expect(texts(restart({ ...content, blocks }))).toEqual([['a line', 'waiting']]);
  });

  it('is shown as void where it expired meanwhile, and forgotten when no reorganisation brings it back', () => {
    const before = start(1);
    const peer = restart(before);
    peer.step({ kind: 'write', text: 'a line' });
    const { expiry } = waiting(peer)[0]!.body;
    const { transactions } = restoredFrom(peer.outputs, before)!;
    const late = restart({ ...stored(earnings(expiry)), transactions: transactions! });
    expect(wallet(late).transactions).toMatchObject([{ state: { kind: 'void', code: 'expired' } }]);
    late.wait(1_000);
    expect(forgotten(late)).toHaveLength(0);
    for (let i = 0; i < CONFIRMATION_DEPTH_BLOCKS; i++) findBlock(late);
    late.wait(1_000);
    expect(forgotten(late)).toHaveLength(1);
  });

  it('is handed in again where a reorganisation makes good what made it void', () => {
    const peer = restart(start(8));
    peer.step({ kind: 'merge' });
    const [merge] = waiting(peer);
    const top = earnings(8).at(-1)!;
    const [coin] = inputsOf(merge!.body);
    const spends = toJson(payment({ inputs: [coin!], expiry: 9 }));
    peer.peer.keeper.accept(minedBlock(hashBlockHex(top), BOB.account, [spends]), 'test');
    expect(waiting(peer)).toEqual([]);
    for (const block of freeBlocks(hashBlockHex(top), 2, 'longer'))
      peer.peer.keeper.accept(block, 'test');
    peer.wait(SUBMIT_AGAIN_MS);
    expect(waiting(peer)).toEqual([merge]);
  });

  it('is another one’s transaction, spoilt bytes, or what nobody has signed: then it is not kept', () => {
    const before = start(1);
    const peer = restart(before);
    const foreign = transactionToJson(
      makeSigned(note('of another account', { from: BOB.account })),
    );
    peer.step({ kind: 'submit', transaction: foreign });
    expect(waiting(peer)).toHaveLength(1);
    expect(restoredFrom(peer.outputs, before)!.transactions).toEqual([]);

    peer.step({ kind: 'write', text: 'a line' });
    const [bytes] = restoredFrom(peer.outputs, before)!.transactions!;
    const text = Buffer.from(bytes!).toString();
    const forged = Buffer.from(text.replace('a line', 'a lime'));
    for (const spoilt of ['', '{', '[]', 'null', '{"kind":"note"}', 'x'.repeat(100_000), '\u00ff'])
      expect(waiting(restart({ ...before, transactions: [Buffer.from(spoilt)] }))).toEqual([]);
    const again = restart({ ...before, transactions: [new Uint8Array(forged), bytes!] });
    expect(texts(again)).toEqual([['a line', 'waiting']]);
    expect(forgotten(again)).toHaveLength(1);
  });

  it('is kept up to a limit, the oldest no longer', () => {
    const before = start(1);
    const peer = restart(before, false);
    for (let i = 0; i <= KEPT_LIMIT; i++) peer.step({ kind: 'write', text: `line ${i}` });
    expect(restoredFrom(peer.outputs, before)!.transactions).toHaveLength(KEPT_LIMIT);
    expect(waiting(peer)).toHaveLength(KEPT_LIMIT + 1);
    const again = restart(restoredFrom(peer.outputs, before), false);
    const lines = waiting(again).map(({ body }) => (body.kind === 'note' ? body.text : ''));
    expect(lines).toHaveLength(KEPT_LIMIT);
    expect(lines).not.toContain('line 0');
  });
});

/** Ids of transactions that the store was told to forget. */
function forgotten(peer: TestPeer): string[] {
  return peer.outputs.flatMap((output) =>
    output.kind === 'persist' &&
    output.record.kind === 'transaction' &&
    output.record.bytes === null
      ? [output.record.id]
      : [],
  );
}
