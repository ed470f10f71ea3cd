import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { writeUtf8 } from '../../lib/chain/bytes.ts';
import { encodeGenesisData } from '../../lib/ledger/genesis.ts';
import {
  endorseGenesis,
  FIRST_GENESIS,
  isEndorsedBy,
  judgeGenesis,
  type GenesisSource,
  type UdpRoot,
} from '../../lib/peer/genesis.ts';
import { anyText, bytes } from '../support/arbitraries.ts';
import { freeBlock } from '../support/free-chain.ts';
import { keysOf, ROOM } from '../support/peers.ts';
import { EASY_TARGET, makeGenesis, mineBlock, mineWithoutWork } from '../support/test-miner.ts';

const NOWHERE = '00'.repeat(32);
const HOMEWORK_TARGET = 1n << 240n;
const BRIDGE = keysOf(1);

const dataFor = (room: string, rules: 'class' | 'homework' = 'class') =>
  encodeGenesisData({
    room,
    rules,
    target: EASY_TARGET,
    spacingMs: 7_000,
    reward: 50,
    timeMs: 1_000,
  });
const ours = mineBlock(dataFor(ROOM), NOWHERE);
const lazy = mineWithoutWork(dataFor(ROOM), NOWHERE);
const elsewhere = mineBlock(dataFor('attic'), NOWHERE);
const foreign = makeGenesis(writeUtf8('Genesis'));

const WAYS = ['udp', 'room', 'store', 'self'] as const;
type Way = (typeof WAYS)[number];

function judge(
  block: Block,
  way: Way,
  source: GenesisSource,
  endorsed = false,
  udpRoot: UdpRoot = FIRST_GENESIS,
) {
  const decision = judgeGenesis(block, way, endorsed, {
    source,
    room: ROOM,
    homeworkTarget: HOMEWORK_TARGET,
    udpRoot,
  });
  return decision.kind === 'refuse'
    ? decision.code
    : `${decision.rules.kind}${decision.pinned ? ', pinned' : ''}`;
}

/** The decision for each way: udp, room, store, self. */
const judgeAll = (block: Block, source: GenesisSource, endorsed = false) =>
  WAYS.map((way) => judge(block, way, source, endorsed));

const all = (decision: string) => WAYS.map(() => decision);

describe('where UDP miners bring the genesis block', () => {
  const heard: GenesisSource = { kind: 'heard' };
  const judgeRoot = (block: Block, udpRoot: UdpRoot, way: Way = 'udp') =>
    judge(block, way, heard, false, udpRoot);
  const later = mineBlock(writeUtf8('later'), 'ab'.repeat(32));

  it('a pinned one is taken, and no other', () => {
    const pin = { hash: hashBlockHex(foreign), any: false };
    expect(judgeRoot(foreign, pin)).toBe('homework, pinned');
    expect(judgeRoot(ours, pin)).toBe('wrong-genesis');
    expect(judgeRoot(ours, pin, 'store')).toBe('wrong-genesis');
    expect(judgeRoot(foreign, pin, 'room')).toBe('wrong-genesis');
  });

  it('a block with a parent becomes the root only for who came late and asked for it, and with its work', () => {
    const any = { hash: null, any: true };
    expect(judgeRoot(later, FIRST_GENESIS)).toBe('wrong-genesis');
    expect(judgeRoot(later, any)).toBe('no-work');
    expect(judgeRoot(later, { hash: hashBlockHex(later), any: false })).toBe('homework, pinned');
    expect(judgeRoot(foreign, any)).toBe('homework, pinned');
    const easy = { source: heard, room: ROOM, homeworkTarget: EASY_TARGET, udpRoot: any };
    expect(judgeGenesis(later, 'udp', false, easy).kind).toBe('adopt');
    expect(judgeGenesis(later, 'room', false, easy).kind).toBe('refuse');
  });
});

describe('where the link pins a genesis block', () => {
  const pin = (block: Block): GenesisSource => ({ kind: 'pinned', hash: hashBlockHex(block) });

  it('that block founds the chain, whoever brings it, under the rules that its data states', () => {
    expect(judgeAll(ours, pin(ours))).toEqual(all('class, pinned'));
    const constant = makeGenesis(dataFor(ROOM, 'homework'));
    expect(judgeAll(constant, pin(constant))).toEqual(all('homework, pinned'));
  });

  it('a foreign one runs under the target of the link, and need not have work', () => {
    expect(judgeAll(foreign, pin(foreign))).toEqual(all('homework, pinned'));
    expect(judgeAll(lazy, pin(lazy))).toEqual(all('class, pinned'));
  });

  it('no other does', () => {
    expect(judgeAll(foreign, pin(ours))).toEqual(all('wrong-genesis'));
    expect(judgeAll(ours, pin(foreign), true)).toEqual(all('wrong-genesis'));
  });
});

describe('where the first tab makes the genesis block', () => {
  const source: GenesisSource = { kind: 'new' };

  it('one of this room with its work founds the chain, and is not pinned yet', () => {
    expect(judgeAll(ours, source)).toEqual(all('class'));
  });

  it('one of another room, without its work, or without rules does not', () => {
    expect(judgeAll(elsewhere, source)).toEqual(all('bad-genesis'));
    expect(judgeAll(lazy, source)).toEqual(all('bad-genesis'));
    expect(judgeAll(foreign, source)).toEqual(all('bad-genesis'));
  });
});

describe('where a bridge brings the genesis block of its UDP miners', () => {
  const source: GenesisSource = { kind: 'endorsed', bridge: BRIDGE.account };

  it('tabs take the one that it signed, whatever its data', () => {
    expect(judgeAll(foreign, source, true)).toEqual(all('homework, pinned'));
    expect(judgeAll(ours, source, true)).toEqual(all('homework, pinned'));
  });

  it('tabs take none that it did not sign, not even from their own store', () => {
    expect(judge(foreign, 'udp', source)).toBe('wrong-genesis');
    expect(judge(foreign, 'room', source)).toBe('wrong-genesis');
    expect(judge(foreign, 'store', source)).toBe('wrong-genesis');
  });

  it('the bridge takes the first one of a UDP miner, and none from the room', () => {
    const taken = 'homework, pinned';
    expect(judgeAll(foreign, { kind: 'heard' })).toEqual([taken, 'wrong-genesis', taken, taken]);
  });
});

describe('a miner that makes the genesis block itself', () => {
  it('takes its own, and none of anyone else', () => {
    const [taken, refused] = ['homework, pinned', 'wrong-genesis'];
    expect(judgeAll(foreign, { kind: 'made' })).toEqual([refused, refused, taken, taken]);
  });
});

describe('a block with a previous hash', () => {
  it('is a genesis block only where its hash is pinned, or a bridge that came late signed it', () => {
    const block = freeBlock('ab'.repeat(32), 'no genesis');
    expect(judgeAll(block, { kind: 'new' }, true)).toEqual(all('bad-genesis'));
    expect(judgeAll(block, { kind: 'made' }, true)).toEqual(all('wrong-genesis'));
    expect(judge(block, 'udp', { kind: 'heard' })).toBe('wrong-genesis');
    expect(judge(block, 'room', { kind: 'endorsed', bridge: BRIDGE.account })).toBe(
      'wrong-genesis',
    );
    for (const source of [
      { kind: 'pinned', hash: hashBlockHex(block) },
      { kind: 'endorsed', bridge: BRIDGE.account },
    ] as const)
      expect(judgeAll(block, source, true)).toEqual(all('homework, pinned'));
  });
});

describe('any genesis block from anyone', () => {
  it('is judged without a crash, and taken only with work where there is no other trust', () => {
    fc.assert(
      fc.property(bytes(0, 200), anyText, (data, text) => {
        for (const block of [makeGenesis(data), makeGenesis(writeUtf8(`{"tabchain":1,${text}`))])
          expect(judge(block, 'room', { kind: 'new' })).toBe('bad-genesis');
      }),
    );
  });
});

describe('the signature of a bridge', () => {
  const hash = hashBlockHex(foreign);
  const endorsement = endorseGenesis(ROOM, hash, BRIDGE);

  it('holds for this bridge, this room and this genesis block', () => {
    expect(isEndorsedBy(BRIDGE.account, ROOM, hash, endorsement)).toBe(true);
  });

  it('holds for no other bridge, room or genesis block', () => {
    const other = keysOf(2);
    expect(isEndorsedBy(other.account, ROOM, hash, endorsement)).toBe(false);
    expect(isEndorsedBy(BRIDGE.account, 'attic', hash, endorsement)).toBe(false);
    expect(isEndorsedBy(BRIDGE.account, ROOM, hashBlockHex(ours), endorsement)).toBe(false);
    const byOther = endorseGenesis(ROOM, hash, other);
    expect(isEndorsedBy(BRIDGE.account, ROOM, hash, byOther)).toBe(false);
    const claimed = { ...byOther, publicKey: endorsement.publicKey };
    expect(isEndorsedBy(BRIDGE.account, ROOM, hash, claimed)).toBe(false);
    expect(isEndorsedBy(BRIDGE.account, ROOM, hash, null)).toBe(false);
  });

  it('holds no more once any bit of it is changed, and is never a crash', () => {
    fc.assert(
      fc.property(fc.nat(511), (bit) => {
        const digits = [...endorsement.signature];
        const at = bit >> 2;
        digits[at] = (parseInt(digits[at]!, 16) ^ (1 << (bit & 3))).toString(16);
        const changed = { ...endorsement, signature: digits.join('') };
        expect(isEndorsedBy(BRIDGE.account, ROOM, hash, changed)).toBe(false);
      }),
      { numRuns: 30 },
    );
    for (const bad of [
      { publicKey: 'xyz', signature: endorsement.signature },
      { publicKey: endorsement.publicKey, signature: '' },
      { publicKey: `02${'ff'.repeat(32)}`, signature: endorsement.signature },
    ])
      expect(isEndorsedBy(BRIDGE.account, ROOM, hash, bad)).toBe(false);
  });
});
