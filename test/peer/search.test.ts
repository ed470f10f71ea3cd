import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { encodeBlock } from '../../lib/chain/codec.ts';
import { readPayload } from '../../lib/ledger/payload.ts';
import type { PeerInput, PeerOutput } from '../../lib/peer/inputs.ts';
import { BURST_MS, SETTLING_MS } from '../../lib/peer/search.ts';
import { FREE_GENESIS_HASH, freeBlock, freeBlocks, lastHash } from '../support/free-chain.ts';
import { keysOf, messagesIn, proofOf, stored, TestPeer } from '../support/peers.ts';

const CHAIN = freeBlocks(FREE_GENESIS_HASH, 3, 'ours');

describe('our own block among equals', () => {
  const MINER = 'udp:10.0.0.7:5000';
  const theirs = freeBlocks(lastHash(CHAIN), 2, 'theirs');

  /** A miner that searches on the third block, before a UDP miner and a tab. */
  function searching(): { peer: TestPeer; tab: string; proof: PeerInput } {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN));
    peer.connect(MINER, null, 'udp');
    const tab = peer.greet(2);
    peer.wait(SETTLING_MS);
    return { peer, tab, proof: proofOf(peer.template!) };
  }
  const ownTip = ({ peer }: TestPeer) => readPayload(peer.chain!.tip.block.data)?.miner ?? null;

  it('stays first where an equal comes after it', () => {
    const { peer, tab, proof } = searching();
    peer.step(proof);
    const { tip } = peer;
    peer.hearBytes(MINER, encodeBlock(theirs[0]!));
    peer.hear(tab, { type: 'block', block: freeBlock(lastHash(CHAIN), 'a tab') });
    expect(peer.tip).toBe(tip);
    expect(bytesToHex(peer.template!.previousHash)).toBe(tip);
  });

  it('is first too where its proof was on its way from a worker when an equal came, and goes to all', () => {
    const { peer, tab, proof } = searching();
    peer.hearBytes(MINER, encodeBlock(theirs[0]!));
    expect(peer.tip).toBe(hashBlockHex(theirs[0]!));
    const outputs = peer.step(proof);
    expect(ownTip(peer)).toBe(peer.nodeId);
    expect(bytesToHex(peer.template!.previousHash)).toBe(peer.tip);
    expect(messagesIn(outputs, tab, 'block').map(({ block }) => hashBlockHex(block))).toEqual([
      peer.tip,
    ]);
    expect(outputs).toContainEqual({
      kind: 'send',
      linkId: MINER,
      bytes: encodeBlock(peer.peer.chain!.tip.block),
    });
    expect(peer.picture().mining).toMatchObject({ found: 1, onChain: 1 });
  });

  it('gives way to more work, before and after it was found', () => {
    for (const foundAfter of [0, 1, 2]) {
      const { peer, proof } = searching();
      for (const [i, block] of theirs.entries()) {
        if (i === foundAfter) peer.step(proof);
        peer.hearBytes(MINER, encodeBlock(block));
      }
      if (foundAfter === 2) peer.step(proof);
      expect(peer.tip).toBe(lastHash(theirs));
      expect(bytesToHex(peer.template!.previousHash)).toBe(peer.tip);
    }
  });

  it('never moves a peer that heard the other one first', () => {
    const { peer, proof } = searching();
    peer.hearBytes(MINER, encodeBlock(theirs[0]!));
    peer.step(proof);
    const other = new TestPeer(3, {}, stored(CHAIN));
    const link = other.greet(2);
    other.hear(link, { type: 'block', block: theirs[0]! });
    other.hear(link, { type: 'block', block: peer.peer.chain!.tip.block });
    expect(other.tip).toBe(hashBlockHex(theirs[0]!));
  });
});

describe('the search', () => {
  it('goes on after a proof that is of no use any more', () => {
    const peer = new TestPeer(1, { mines: true, room: '' }, stored(CHAIN));
    const proof = proofOf(peer.template!);
    for (const block of freeBlocks(lastHash(CHAIN), 3, 'theirs'))
      peer.hearBytes('udp:?', encodeBlock(block));
    const { tip } = peer;
    const outputs = peer.step(proof);
    expect(peer.tip).toBe(tip);
    expect(outputs.filter(({ kind }) => kind === 'mine')).toHaveLength(1);
    expect(bytesToHex(peer.template!.previousHash)).toBe(tip);
  });

  it('waits in a room with others for the first hello, but not for ever', () => {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN));
    peer.step({ kind: 'present', nodeIds: [keysOf(2).account] });
    expect(peer.template).toBeNull();
    peer.wait(SETTLING_MS);
    expect(peer.template).not.toBeNull();
    const greeted = new TestPeer(1, { mines: true }, stored(CHAIN));
    greeted.greet(2);
    expect(greeted.template).not.toBeNull();
  });

  it('begins at once where nobody else is, or where there is no room', () => {
    const alone = new TestPeer(1, { mines: true }, stored(CHAIN));
    alone.step({ kind: 'present', nodeIds: [] });
    expect(alone.template).not.toBeNull();
    expect(new TestPeer(1, { mines: true, room: '' }, stored(CHAIN)).template).not.toBeNull();
  });

  it('stands still while paused, and never runs for a peer that only follows', () => {
    const peer = new TestPeer(1, { mines: true, room: '' }, stored(CHAIN));
    peer.step({ kind: 'settings', settings: { paused: true } });
    expect(peer.template).toBeNull();
    expect(peer.picture().mining).toMatchObject({ active: false, paused: true });
    peer.step({ kind: 'settings', settings: { paused: false } });
    expect(peer.template).not.toBeNull();
    const follower = new TestPeer(1, { room: '' }, stored(CHAIN));
    follower.wait(60_000);
    expect(follower.template).toBeNull();
  });

  it('moves to a new tip at once', () => {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN.slice(0, 2)));
    const link = peer.greet(2);
    peer.hear(link, { type: 'block', block: CHAIN[2]! });
    expect(bytesToHex(peer.template!.previousHash)).toBe(lastHash(CHAIN));
  });

  it('is given one template at the begin of a burst of blocks, and one when all were heard', () => {
    const peer = new TestPeer(1, { mines: true, room: '' }, stored(CHAIN));
    peer.resumes = false;
    peer.monotonicMs += BURST_MS;
    const burst = freeBlocks(lastHash(CHAIN), 20, 'theirs');
    const parents = (outputs: readonly PeerOutput[]) =>
      outputs.flatMap((output) =>
        output.kind === 'mine' ? [bytesToHex(output.template!.previousHash)] : [],
      );
    const heard = burst.map((block) => peer.hearBytes('udp:?', encodeBlock(block)));
    expect(parents(heard[0]!)).toEqual([hashBlockHex(burst[0]!)]);
    expect(parents(heard.flat())).toHaveLength(1);
    expect(heard.flat().filter(({ kind }) => kind === 'resume')).toHaveLength(1);
    expect(parents(peer.step({ kind: 'resume' }))).toEqual([lastHash(burst)]);
  });

  it('is not kept from new tips by a burst that does not end', () => {
    const peer = new TestPeer(1, { mines: true, room: '' }, stored(CHAIN));
    peer.resumes = false;
    for (const block of freeBlocks(lastHash(CHAIN), 20, 'theirs')) {
      peer.monotonicMs += BURST_MS;
      peer.hearBytes('udp:?', encodeBlock(block));
      expect(bytesToHex(peer.template!.previousHash)).toBe(hashBlockHex(block));
    }
  });

  it('keeps its data small for miners that read little, where it is told to', () => {
    const peer = new TestPeer(1, { mines: true, room: '', dataLimitBytes: 670 }, stored(CHAIN));
    peer.step({ kind: 'settings', settings: { note: '漢'.repeat(280), name: '漢'.repeat(24) } });
    expect(peer.template!.data.length).toBeLessThanOrEqual(670);
    peer.find();
    const datagram = encodeBlock(peer.peer.chain!.tip.block);
    expect(datagram.length).toBeLessThanOrEqual(1_024);
    expect(readPayload(peer.peer.chain!.tip.block.data)!.note).toMatch(/^漢{90,}$/);
    // The note was written, as far as there was room for it, and is not written again.
    expect(peer.picture().mining.note).toBe('');
    expect(peer.find() && readPayload(peer.peer.chain!.tip.block.data)!.note).toBe('');
  });

  it("writes the user's note into one block, and only into one", () => {
    const peer = new TestPeer(1, { mines: true, room: '' }, stored(CHAIN));
    peer.step({ kind: 'settings', settings: { note: ' hello\u0000 ', name: 'Ada' } });
    expect(peer.picture().mining.note).toBe('hello');
    peer.find();
    peer.find();
    const { tip } = peer.peer.chain!;
    expect(readPayload(tip.parent!.block.data)).toMatchObject({ note: 'hello', name: 'Ada' });
    expect(readPayload(tip.block.data)!.note).toBe('');
    expect(peer.picture().mining).toMatchObject({ note: '', found: 2, onChain: 2 });
  });

  it('writes a note again whose block was reverted, once, unless the block comes back', () => {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN));
    const link = peer.greet(2);
    const noteOf = (): string => readPayload(peer.template!.data)!.note;
    peer.step({ kind: 'settings', settings: { note: 'hello' } });
    peer.find();
    const ours = peer.peer.chain!.tip.block;
    expect([noteOf(), peer.picture().mining.note]).toEqual(['', '']);
    const rival = freeBlocks(lastHash(CHAIN), 2, 'rival');
    for (const block of rival) peer.hear(link, { type: 'block', block });
    expect(peer.tip).toBe(lastHash(rival));
    expect([noteOf(), peer.picture().mining.note]).toEqual(['hello', 'hello']);

    const back = freeBlocks(hashBlockHex(ours), 2, 'back');
    for (const block of back) peer.hear(link, { type: 'block', block });
    expect(peer.tip).toBe(lastHash(back));
    expect([noteOf(), peer.picture().mining.note]).toEqual(['', '']);

    for (const block of freeBlocks(lastHash(rival), 3, 'again'))
      peer.hear(link, { type: 'block', block });
    expect(noteOf()).toBe('hello');
    peer.find();
    peer.find();
    const onChain = peer.peer.keeper.view
      .between(peer.peer.chain!.tree, 0, 100)
      .filter((block) => block.onBestChain && block.note === 'hello');
    expect(onChain).toHaveLength(1);
    expect(peer.picture().mining.note).toBe('');
  });

  it('leaves a note that was reverted to a caller who writes it again itself', () => {
    const peer = new TestPeer(1, { mines: true, rewritesNotes: false }, stored(CHAIN));
    const link = peer.greet(2);
    peer.step({ kind: 'settings', settings: { note: 'first' } });
    peer.find();
    peer.step({ kind: 'settings', settings: { note: 'second' } });
    for (const block of freeBlocks(lastHash(CHAIN), 2, 'rival'))
      peer.hear(link, { type: 'block', block });
    // The caller has seen the loss, and asks for the first note again: it is written once.
    peer.step({ kind: 'settings', settings: { note: 'first' } });
    const written: string[] = [];
    for (let count = 0; count < 3; count++) {
      written.push(readPayload(peer.template!.data)!.note);
      peer.find();
    }
    expect(written).toEqual(['first', '', '']);
  });

  it('does not put a note that was reverted before one that waits', () => {
    const peer = new TestPeer(1, { mines: true }, stored(CHAIN));
    const link = peer.greet(2);
    peer.step({ kind: 'settings', settings: { note: 'first' } });
    peer.find();
    peer.step({ kind: 'settings', settings: { note: 'second' } });
    for (const block of freeBlocks(lastHash(CHAIN), 2, 'rival'))
      peer.hear(link, { type: 'block', block });
    const written: string[] = [];
    for (let count = 0; count < 3; count++) {
      written.push(readPayload(peer.template!.data)!.note);
      peer.find();
    }
    expect(written).toEqual(['second', 'first', '']);
  });

  it('keeps a note that was changed while a block with the old one was found', () => {
    const peer = new TestPeer(1, { mines: true, room: '' }, stored(CHAIN));
    peer.step({ kind: 'settings', settings: { note: 'first' } });
    const { template } = peer;
    peer.step({ kind: 'settings', settings: { note: 'second' } });
    const { id, data } = template!;
    const proofOfWork = new Uint8Array(8);
    peer.step({ kind: 'found', templateId: id, data, proofOfWork });
    expect(readPayload(peer.peer.chain!.tip.block.data)!.note).toBe('first');
    expect(peer.picture().mining.note).toBe('second');
    expect(readPayload(peer.template!.data)!.note).toBe('second');
  });

  it('uses the share of the power that its user and the hash budget leave', () => {
    const options = { mines: true, room: '', minSpacingMs: 1_000 };
    const peer = new TestPeer(1, options, stored(CHAIN));
    const duties = () =>
      peer.outputs.filter((output) => output.kind === 'duty').map(({ duty }) => duty);
    const first = duties().at(-1)!;
    expect(first).toBe(peer.picture().mining.budgetDuty);
    peer.step({ kind: 'settings', settings: { power: 0.5 } });
    expect(duties().at(-1)).toBe(first / 2);
    peer.step({ kind: 'settings', settings: { power: 0 } });
    expect(peer.picture().mining.power).toBe(0.1);
    peer.step({ kind: 'settings', settings: { power: 7 } });
    expect(duties().at(-1)).toBe(first);
  });
});
