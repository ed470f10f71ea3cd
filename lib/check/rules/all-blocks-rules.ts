/**
 * Rules that are judged by every datagram of all conversations (R1, R2, R4, R6).
 */
import { hashBlock, isGenesisShape } from '../../chain/block.ts';
import { bytesToBigint, readHex } from '../../chain/bytes.ts';
import { meetsTarget, writeTarget } from '../../chain/target.ts';
import { failed, passed, skipped, unclear, type Rule } from '../rule.ts';
import { count } from '../telling.ts';
import { listWrongHashes } from '../wrong-hashes.ts';

export const encodingRule: Rule = {
  id: 'encoding',
  title:
    'A datagram is one block: UTF-8 JSON with data in base64, previous and p_o_w in hexadecimal',
  sent: 'nothing of its own: judged by all datagrams',
  expected: 'each can be read by a strict reader',
  needs: [],
  judgesAll: true,
  async examine({ evidence, field }) {
    const mistakes = [...evidence.mistakes].map(([mistake, times]) =>
      `In ${times} of ${evidence.datagrams} datagrams: ${mistake}.`.replace('..', '.'),
    );
    if (field !== 'previous')
      mistakes.push(
        'It does not read blocks that name the hash of the block before `previous`, as the specification does.',
      );
    const remarks = [...evidence.remarks];
    if (mistakes.length > 0) return failed(mistakes.join(' '), remarks);
    if (evidence.datagrams === 0) return unclear('No datagram came.');
    return passed(`${count(evidence.datagrams, 'datagram')}, all of them well.`, remarks);
  },
};

export const hashRule: Rule = {
  id: 'hash',
  title: 'A block’s hash is SHA-256(data ‖ previous_hash ‖ p_o_w), over the bytes',
  sent: 'the genesis block',
  expected: 'the next block names this hash as its previous one',
  needs: ['start'],
  async examine({ evidence }) {
    const wrong = [...evidence.wrongHashes].map(
      ([name, times]) => `${name} (${count(times, 'block')})`,
    );
    if (wrong.length > 0)
      return failed(`It hashes ${wrong.join(', ')}: that is what its blocks name as previous.`);
    if (evidence.blocks.length === 0) return unclear('No block came.');
    if (evidence.unknownParents === evidence.blocks.length)
      return failed(
        'Its blocks name a previous hash that belongs to no block: not the right one, nor a known mistake.',
      );
    return passed('Its blocks name the right hash.');
  },
};

/** So many blocks that all meet half the target are no accident (2^-20). */
const HARD_BLOCKS = 20;

export const targetRule: Rule = {
  id: 'target',
  title: 'The hash of each of its blocks, as a big-endian number, is at most TARGET',
  sent: 'nothing of its own: judged by all its blocks',
  expected: 'each meets TARGET, and about half of them no target twice as hard',
  needs: ['hash'],
  judgesAll: true,
  async examine({ evidence, target }) {
    // Its genesis block has a rule of its own.
    const blocks = evidence.blocks.filter((block) => !isGenesisShape(block));
    const numbers = blocks.map((block) => bytesToBigint(hashBlock(block)));
    const bad = blocks.filter((_, i) => numbers[i]! > target);
    const goal = writeTarget(target);
    if (bad.length > 0) {
      const few = `${bad.length} of ${count(blocks.length, 'block')} miss ${goal}.`;
      const wrong = listWrongHashes(bad[0]!)
        .map(({ name }) => name)
        .find((name) =>
          bad.every((block) =>
            listWrongHashes(block).some(
              (one) => one.name === name && meetsTarget(readHex(one.hash)!, target),
            ),
          ),
        );
      if (wrong === 'with its own bytes reversed')
        return failed(`It reads the hash as a little-endian number. ${few}`);
      if (wrong !== undefined) return failed(`It checks the work on a hash ${wrong}. ${few}`);
      const worst = numbers.reduce((most, number) => (number > most ? number : most));
      const bits = worst.toString(2).length - target.toString(2).length;
      return failed(
        bits < 8
          ? `Its target is easier: its hashes reach 2**${worst.toString(2).length}. ${few}`
          : `It does not search for a proof of work. ${few}`,
      );
    }
    if (blocks.length === 0) return unclear('No block came.');
    if (blocks.length >= HARD_BLOCKS && numbers.every((number) => number <= target / 2n))
      return failed(
        `Its target is harder than ${goal}: the hashes of all ${blocks.length} blocks are at most half of it.`,
      );
    return passed(`All ${count(blocks.length, 'block')} meet ${goal}.`);
  },
};

/** Loss on the way is possible, but not of so many. */
const MISSING_SHARE = 0.1;

export const broadcastRule: Rule = {
  id: 'broadcast',
  title: 'Each block that it finds is sent to each of the others',
  sent: 'nothing of its own: judged by all its blocks, and two sockets that play the others',
  expected: 'each block comes to both, and its parent came before',
  needs: ['start', 'hash'],
  needsProcesses: true,
  judgesAll: true,
  async examine({ evidence, hasProcesses }) {
    if (!hasProcesses) return skipped('Only --exec gives the examiner two addresses.');
    const total = evidence.arrivals.size;
    if (total === 0) return unclear('No block came.');
    const remarks = evidence.reflected > 0 ? ['It passes on blocks that it hears, as it may.'] : [];
    const missed = [0, 1].map(
      (socket) => [...evidence.arrivals.values()].filter((at) => !at.has(socket)).length,
    );
    const worst = missed[0]! > missed[1]! ? 0 : 1;
    if (missed[worst]! > Math.max(1, MISSING_SHARE * total))
      return failed(
        `${missed[worst]} of ${count(total, 'block')} did not come to the ${worst === 0 ? 'first' : 'second'} of the others.`,
        remarks,
      );
    if (evidence.unknownParents > Math.max(1, MISSING_SHARE * total))
      return failed(
        `${evidence.unknownParents} of ${count(total, 'block')} stand on a block that it never sent.`,
        remarks,
      );
    return passed(`${count(total, 'block')} came to both others.`, remarks);
  },
};
