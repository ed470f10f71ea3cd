/** The rules that judge by all that came, on what a script says has come. */
import { describe, expect, it } from 'vitest';
import { hashBlock, hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { bytesToBigint, bytesToHex, readHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import { blockToJson, encodeBlock } from '../../lib/chain/codec.ts';
import { readBlock } from '../../lib/check/block-reading.ts';
import { Examiner } from '../../lib/check/examiner.ts';
import type { Finding, Rule } from '../../lib/check/rule.ts';
import {
  broadcastRule,
  encodingRule,
  hashRule,
  targetRule,
} from '../../lib/check/rules/all-blocks-rules.ts';
import { listWrongHashes } from '../../lib/check/wrong-hashes.ts';
import { FREE_GENESIS, freeBlock } from '../support/free-chain.ts';

const TARGET = 1n << 253n;

function judge(rule: Rule, prepare: (examiner: Examiner) => void): Promise<Finding> {
  const subject = { kind: 'exec', command: 'none' } as const;
  const examiner = new Examiner({ subject, target: TARGET, silenceMs: 1_000 });
  prepare(examiner);
  return rule.examine(examiner);
}

/** Has these blocks come, at these sockets. */
function count({ evidence }: Examiner, blocks: readonly Block[], sockets = [0, 1]): void {
  for (const block of blocks) {
    const hash = hashBlockHex(block);
    for (const socket of sockets) {
      const from = { socket, port: 5_000, isOwn: false };
      evidence.countDatagram(readBlock(encodeBlock(block)), from);
      evidence.countArrival(hash, socket);
    }
    const previous = bytesToHex(block.previousHash);
    const isParentKnown = previous === hashBlockHex(FREE_GENESIS);
    evidence.countBlock({ block, hash, previous, height: 1, atMs: 0 }, isParentKnown, null);
  }
}

const numberOf = (block: Block) => bytesToBigint(hashBlock(block));
/** So many blocks on the genesis block whose hashes this accepts. */
function blocksWhere(accepts: (block: Block) => boolean, length: number): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; blocks.length < length; i++) {
    const proofOfWork = readHex(i.toString(16).padStart(16, '1'))!;
    const block = { ...freeBlock(hashBlockHex(FREE_GENESIS), `block ${i}`), proofOfWork };
    if (accepts(block)) blocks.push(block);
  }
  return blocks;
}
const valid = blocksWhere((block) => numberOf(block) <= TARGET, 30);

describe('the rule of the encoding', () => {
  it('counts mistakes, and has no quarrel with a miner that makes none', async () => {
    expect(await judge(encodingRule, () => {})).toMatchObject({ outcome: 'unclear' });
    expect(await judge(encodingRule, (examiner) => count(examiner, valid))).toMatchObject({
      outcome: 'passed',
      came: '60 datagrams, all of them well.',
    });
    const { data, previous, p_o_w } = blockToJson(valid[0]!);
    const mistaken = writeUtf8(JSON.stringify({ data, previous_hash: previous, p_o_w }));
    const finding = await judge(encodingRule, (examiner) => {
      count(examiner, valid.slice(1));
      examiner.evidence.countDatagram(readBlock(mistaken), { socket: 0, port: 1, isOwn: false });
    });
    expect(finding).toMatchObject({
      outcome: 'failed',
      came: expect.stringMatching(/^In 1 of 59 datagrams: .*`previous_hash`/) as string,
    });
  });

  it('fails a miner that reads only the other name', async () => {
    const finding = await judge(encodingRule, (examiner) => {
      count(examiner, valid);
      examiner.field = 'previous_hash';
    });
    expect(finding).toMatchObject({ outcome: 'failed' });
  });
});

describe('the rule of the hash', () => {
  it('calls each usual mistake by its name', async () => {
    const [parent, block] = valid as [Block, Block];
    for (const { name, hash } of listWrongHashes(parent)) {
      const finding = await judge(hashRule, (examiner) => {
        examiner.evidence.know(parent);
        count(examiner, [{ ...block, previousHash: readHex(hash)! }]);
      });
      expect(finding.outcome).toBe('failed');
      expect(finding.came).toContain(name);
    }
  });

  it('fails hashes that nobody knows, and none that are right', async () => {
    const lost = { ...valid[0]!, previousHash: new Uint8Array(32).fill(9) };
    expect(await judge(hashRule, (examiner) => count(examiner, [lost]))).toMatchObject({
      outcome: 'failed',
      came: expect.stringMatching(/belongs to no block/) as string,
    });
    expect(await judge(hashRule, (examiner) => count(examiner, valid))).toMatchObject({
      outcome: 'passed',
    });
    expect(await judge(hashRule, () => {})).toMatchObject({ outcome: 'unclear' });
  });
});

describe('the rule of the target', () => {
  const some = (accepts: (number: bigint, block: Block) => boolean, length = 30) =>
    blocksWhere((block) => accepts(numberOf(block), block), length);
  const reversed = (block: Block) => bytesToBigint(hashBlock(block).reverse());
  it.each([
    ['is met', valid, 'passed', /All 30 blocks meet/],
    ['is harder', some((number) => number <= TARGET / 2n), 'failed', /harder/],
    ['is harder by luck', some((number) => number <= TARGET / 2n, 10), 'passed', /All 10/],
    ['is easier', some((number) => number <= 2n * TARGET), 'failed', /target is easier/],
    ['is read backwards', some((_, block) => reversed(block) <= TARGET), 'failed', /little-endian/],
    ['was never heard of', [], 'unclear', /No block/],
  ])('tells that it %s', async (_, blocks, outcome, words) => {
    const finding = await judge(targetRule, (examiner) => count(examiner, blocks));
    expect(finding).toMatchObject({ outcome, came: expect.stringMatching(words) as string });
  });
});

describe('the rule of the broadcast', () => {
  it('wants every block at both of the others, but for what a network loses', async () => {
    const part = (both: number) => (examiner: Examiner) => {
      count(examiner, valid.slice(0, both));
      count(examiner, valid.slice(both), [0]);
    };
    expect(await judge(broadcastRule, part(30))).toMatchObject({ outcome: 'passed' });
    expect(await judge(broadcastRule, part(27))).toMatchObject({ outcome: 'passed' });
    expect(await judge(broadcastRule, part(20))).toMatchObject({
      outcome: 'failed',
      came: '10 of 30 blocks did not come to the second of the others.',
    });
    expect(await judge(broadcastRule, () => {})).toMatchObject({ outcome: 'unclear' });
  });

  it('does not hold against a miner what it was ended over', async () => {
    const last = valid.slice(0, 6);
    const endedOver = (examiner: Examiner) => {
      count(examiner, valid.slice(6));
      count(examiner, last, [0]);
      for (const block of last) examiner.evidence.excuse(hashBlockHex(block));
    };
    expect(await judge(broadcastRule, endedOver)).toMatchObject({ outcome: 'passed' });
    // What has come to both stays counted.
    const whole = (examiner: Examiner) => {
      count(examiner, valid);
      examiner.evidence.excuse(hashBlockHex(valid[0]!));
    };
    expect(await judge(broadcastRule, whole)).toMatchObject({
      came: '30 blocks came to both others.',
    });
  });

  it('fails a miner that withholds parents', async () => {
    const withheld = valid.map((block) => ({ ...block, previousHash: new Uint8Array(32).fill(9) }));
    expect(await judge(broadcastRule, (examiner) => count(examiner, withheld))).toMatchObject({
      outcome: 'failed',
      came: expect.stringMatching(/never sent/) as string,
    });
  });
});
