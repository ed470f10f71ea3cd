import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { encodeBlock } from '../../lib/chain/codec.ts';
import { Evidence } from '../../lib/check/evidence.ts';
import type { OwnBlock } from '../../lib/check/material.ts';
import { PATIENCE_BLOCKS, Session } from '../../lib/check/session.ts';
import type { RunningProgram } from '../../lib/check/subject.ts';
import type { UdpListener, UdpSocket } from '../../lib/drivers/udp/socket.ts';
import { FREE_GENESIS, freeBlocks, lastHash } from '../support/free-chain.ts';

const SELF = { host: '127.0.0.1', port: 4_000 };
const MINER = { ip: '127.0.0.1', port: 5_000 };

/** A conversation with a miner that is a script: it answers what is sent to it, and says more when it is told to. */
function converse(answer: (bytes: Uint8Array) => readonly Block[] = () => [], silenceMs = 60_000) {
  let listener: UdpListener = () => {};
  const hear = (bytes: Uint8Array, port: number) =>
    queueMicrotask(() => listener(bytes, { address: MINER.ip, family: 'IPv4', port, size: 0 }));
  const sent: Uint8Array[] = [];
  const socket: UdpSocket = {
    local: SELF,
    family: 'udp4',
    listen: (next) => (listener = next),
    send(bytes, _, port) {
      // What the examiner sends to itself comes back in its turn.
      if (port === SELF.port) hear(bytes, SELF.port);
      else {
        sent.push(bytes);
        for (const block of answer(bytes)) hear(encodeBlock(block), MINER.port);
      }
      return true;
    },
    queuedBytes: () => 0,
    close: () => {},
  };
  let ended: string | null = null;
  const program: RunningProgram = {
    ended: () => ended,
    lastWords: () => '',
    stop: () => Promise.resolve(),
  };
  const evidence = new Evidence();
  const session = new Session({
    ...{ sockets: [socket], to: MINER, program, field: 'previous', evidence },
    silenceMs,
    isFromSubject: () => true,
  });
  session.standOn(own(FREE_GENESIS));
  return {
    ...{ session, evidence, sent },
    says: (...blocks: Block[]) => blocks.forEach((block) => hear(encodeBlock(block), MINER.port)),
    ends: (how: string) => (ended = how),
  };
}

const own = (block: Block): OwnBlock => ({
  ...block,
  hash: hashBlockHex(block),
  previous: Buffer.from(block.previousHash).toString('hex'),
});
const CHAIN = freeBlocks(lastHash([]), 3, 'shown');
const shown = CHAIN.map(own);
const top = lastHash(CHAIN);

describe('watching a miner', () => {
  it('sees it go over to the chain that it is shown', async () => {
    const after = freeBlocks(top, 1, 'after');
    const { session } = converse((bytes) =>
      Buffer.from(bytes).equals(encodeBlock(CHAIN[2]!)) ? after : [],
    );
    session.send(shown);
    const reaction = await session.watch({ top }, { height: 3 });
    expect(reaction).toMatchObject({ kind: 'on', chain: 'top', found: { height: 4 } });
  });

  it('calls it elsewhere only after enough blocks that came since, and ahead where its own chain is higher', async () => {
    const theirs = freeBlocks(lastHash([]), 300, 'theirs');
    const stubborn = converse();
    // Blocks that came before all was read may be older than what it was shown: those count for nothing.
    stubborn.says(...theirs.slice(0, 100));
    let said = 100;
    const timer = setInterval(() => stubborn.says(...theirs.slice(said, ++said)), 2);
    const reaction = await stubborn.session.watch({ top }, { leastMs: 0 });
    clearInterval(timer);
    if (reaction.kind !== 'elsewhere') throw new Error(reaction.kind);
    expect(reaction.found.length).toBeGreaterThanOrEqual(PATIENCE_BLOCKS);
    expect(reaction.found[0]!.height).toBeGreaterThan(100);
    const faster = converse();
    const overtaken = faster.session.watch({ top }, { leastMs: 0, height: 3 });
    faster.says(...theirs.slice(0, 5));
    expect(await overtaken).toEqual({ kind: 'ahead' });
  });

  it('tells silence from an end', async () => {
    const mute = converse(() => [], 50);
    expect(await mute.session.watch({ top })).toMatchObject({ kind: 'silent' });
    const dead = converse();
    dead.ends('ended with code 1');
    expect(await dead.session.watch({ top })).toEqual({ kind: 'ended', how: 'ended with code 1' });
  });

  it('takes what it sent itself for no block of the miner, and remembers that it came back', async () => {
    const { session, evidence, says } = converse();
    session.send(shown);
    says(...CHAIN);
    await session.watch({ top }, { blocks: 0, leastMs: 0 });
    expect(session.found).toEqual([]);
    expect(evidence).toMatchObject({ datagrams: 3, reflected: 3, blocks: [] });
  });

  it('sends a block once, and again where a rule wants that', () => {
    const { session, sent } = converse();
    session.send(shown);
    session.send(shown);
    expect(sent).toHaveLength(3);
    session.forget();
    session.send(shown.slice(0, 1));
    session.sendAgain(shown.slice(2));
    expect(sent).toHaveLength(5);
  });
});
