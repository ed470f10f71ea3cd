/**
 * Rules about what a miner reads: everything that the specification allows, and nothing that it forbids (R1, R2, R4, R9).
 */
import { DATA_LIMIT_BYTES, type Block } from '../../chain/block.ts';
import { bytesToHex, writeBase64, writeUtf8 } from '../../chain/bytes.ts';
import { encodeBlock, type PreviousField } from '../../chain/codec.ts';
import { LINGER_BLOCKS, type Examiner } from '../examiner.ts';
import { BAD_DATAGRAMS } from '../bad-datagrams.ts';
import type { ChainKind } from '../material.ts';
import { failed, passed, type Finding, type Rule } from '../rule.ts';
import { failedBecause, tell } from '../telling.ts';

export const workRule: Rule = {
  id: 'work',
  title: 'Only blocks whose hash is at most TARGET count',
  sent: 'a chain without work; one whose hashes lie just above TARGET; one whose hashes lie just below',
  expected: 'it mines on the last of the three only',
  needs: ['target', 'extends', 'longest-chain'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const attempts = [
        ['none', 'It accepts blocks without any work.'],
        ['not-quite', 'It accepts hashes up to twice the TARGET: its own limit is too easy.'],
      ] as const;
      for (const [work, defect] of attempts) {
        const bad = await examiner.tempt(session, session.base, work, { work });
        if (bad.kind === 'on') return failed(`${defect} ${tell(bad, session)}`);
        if (bad.kind !== 'elsewhere')
          return failedBecause('A block without enough work stops it.', bad, session);
      }
      const good = await examiner.follow(session, session.base, 'hardly', {
        work: 'hardly-enough',
      });
      return good.kind === 'on'
        ? passed(`It refused both bad chains. ${tell(good, session)}`)
        : failedBecause(
            'It refuses hashes between half of TARGET and TARGET: its own limit is too hard.',
            good,
            session,
          );
    }),
};

export const formatsRule: Rule = {
  id: 'formats',
  title: 'JSON is read by its meaning: order of fields and white space do not matter',
  sent: 'valid blocks as JSON with another order of fields, spaces and line breaks',
  expected: 'it mines on them',
  needs: ['target', 'extends', 'longest-chain'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      session.encode = encodeOtherwise;
      const reaction = await examiner.follow(session, session.base, 'A');
      return reaction.kind === 'on'
        ? passed(tell(reaction, session))
        : failedBecause('It does not read JSON that is written otherwise.', reaction, session);
    }),
};

export const dataRule: Rule = {
  id: 'data',
  title: 'Data are any bytes',
  sent: 'a block without data, then one with all 256 bytes, which are no text',
  expected: 'it mines on them',
  needs: ['target', 'extends', 'longest-chain'],
  async examine(examiner) {
    const kinds: Record<string, Uint8Array> = {
      'a block without data': new Uint8Array(0),
      'data that are no text': Uint8Array.from({ length: 256 }, (_, i) => i),
    };
    const defects: string[] = [];
    for (const [name, data] of Object.entries(kinds)) {
      const finding = await takes(examiner, name, { data: (i) => withTail(data, i) });
      if (finding.outcome === 'failed') defects.push(`It does not take ${name}. ${finding.came}`);
      if (finding.outcome === 'unclear') return finding;
    }
    return defects.length === 0 ? passed('It mined on them.') : failed(defects.join(' '));
  },
};

/** Sizes of data whose datagrams just exceed the buffers that programs like: 1024, 2048 and 4096 bytes. */
/** Many large datagrams at once would fill the buffer of the system, which is no fault of the miner. */
const SMALL_BYTES = 16;
const DATA_SIZES_BYTES = [900, 1700, 3200, DATA_LIMIT_BYTES];

export const fullSizeRule: Rule = {
  id: 'full-size',
  title: `Blocks with ${DATA_LIMIT_BYTES} bytes of data are read whole`,
  sent: `a valid block with ${DATA_LIMIT_BYTES} bytes of data, a datagram of 5,600 bytes, and small ones on it`,
  expected: 'it mines on them',
  needs: ['target', 'extends', 'longest-chain'],
  async examine(examiner) {
    const sized = (bytes: number) =>
      takes(examiner, `${bytes} bytes`, {
        data: (i) => new Uint8Array(i === 0 ? bytes : SMALL_BYTES).fill(65 + i),
      });
    const whole = await sized(DATA_LIMIT_BYTES);
    if (whole.outcome !== 'failed' || !examiner.hasProcesses) return whole;
    for (const [i, bytes] of DATA_SIZES_BYTES.entries()) {
      const finding = await sized(bytes);
      if (finding.outcome === 'passed') continue;
      const least = i === 0 ? '' : `${DATA_SIZES_BYTES[i - 1]} bytes of data still arrive, `;
      return failed(
        `It does not read blocks of full size: ${least}${bytes} bytes no longer. Its buffer is too small: ask recvfrom for 65,507 bytes. ${finding.came}`,
      );
    }
    return whole;
  },
};

export const duplicatesRule: Rule = {
  id: 'duplicates',
  title: 'A block that comes again changes nothing',
  sent: 'old blocks of its chain, its own among them, twenty times each',
  expected: 'it stays on its tip',
  needs: ['target', 'extends', 'longest-chain', 'shorter-branch'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const settled = await examiner.follow(session, session.base, 'A');
      if (settled.kind !== 'on')
        return failedBecause('It does not build on what others find.', settled, session);
      const old = await examiner.material.chain(session.base, 'A', 2);
      for (let i = 0; i < DUPLICATES; i++) {
        session.sendBytes(encodeBlock(settled.found.block, session.field));
        session.sendAgain(old);
      }
      const mark = session.found.length;
      const reaction = await session.watch({}, { blocks: LINGER_BLOCKS, leastMs: 0 });
      if (reaction.kind !== 'elsewhere')
        return failedBecause('Blocks that come again stop it.', reaction, session);
      const fallen = session.found
        .slice(mark)
        .find(({ previous }) => old.some(({ hash }) => hash === previous));
      if (fallen !== undefined)
        return failed('It goes back to an old block when that comes again.');
      const alive = await examiner.follow(session, session.base, 'A');
      return alive.kind === 'on'
        ? passed('It stayed on its tip.')
        : failedBecause(
            'It no longer follows the longest chain after blocks came again.',
            alive,
            session,
          );
    }),
};
const DUPLICATES = 20;

/** Each takes a process and some blocks to find; the first ones say enough. */
const NAMED_DEADLY = 3;

export const badInputRule: Rule = {
  id: 'bad-input',
  title: 'A malformed datagram stops nothing',
  sent: `${BAD_DATAGRAMS.length} malformed datagrams, then a longer chain`,
  expected: 'it drops the former and mines on the latter',
  needs: ['target', 'extends', 'longest-chain'],
  async examine(examiner) {
    const survives = (datagrams: typeof BAD_DATAGRAMS) =>
      examiner.withSession(async (session): Promise<Finding> => {
        const valid = await examiner.material.chain(session.base, 'A', 1);
        for (const { bytes } of datagrams) session.sendBytes(bytes(valid[0]!));
        const reaction = await examiner.follow(session, session.base, 'A');
        return reaction.kind === 'on'
          ? passed('It dropped them, and follows the chain as before.')
          : failedBecause('It no longer hears anything.', reaction, session);
      });
    const all = await survives(BAD_DATAGRAMS);
    if (all.outcome !== 'failed' || !examiner.hasProcesses) return all;
    const deadly: string[] = [];
    let story = all.came;
    for (const one of BAD_DATAGRAMS) {
      const finding = await survives([one]);
      if (finding.outcome !== 'failed') continue;
      deadly.push(one.name);
      story = finding.came;
      if (deadly.length === NAMED_DEADLY) break;
    }
    const which = deadly.length === 0 ? 'all together' : deadly.join(', ');
    const more = deadly.length === NAMED_DEADLY ? ', and perhaps more' : '';
    return failed(`One bad datagram ends its listening for good: ${which}${more}. ${story}`);
  },
};

export const lengthsRule: Rule = {
  id: 'lengths',
  title: `Blocks with more than ${DATA_LIMIT_BYTES} bytes of data, or a p_o_w of more than 8, are refused`,
  sent: 'chains of such blocks, their hashes below TARGET; then a valid one',
  expected: 'it mines on the last only',
  needs: ['target', 'extends', 'longest-chain', 'orphans', 'bad-input', 'full-size'],
  examine: (examiner) =>
    examiner.withSession(async (session) => {
      const kinds: Record<string, ChainKind> = {
        [`${DATA_LIMIT_BYTES + 1} bytes of data`]: {
          data: (i) => new Uint8Array(i === 0 ? DATA_LIMIT_BYTES + 1 : SMALL_BYTES).fill(65 + i),
        },
        'a p_o_w of 9 bytes': { extraProofBytes: 1 },
      };
      for (const [name, kind] of Object.entries(kinds)) {
        const bad = await examiner.tempt(session, session.base, name, kind);
        if (bad.kind === 'on') return failed(`It accepts ${name}. ${tell(bad, session)}`);
        if (bad.kind !== 'elsewhere') return failedBecause('Such a block stops it.', bad, session);
      }
      const good = await examiner.follow(session, session.base, 'A');
      return good.kind === 'on'
        ? passed(`It refused them. ${tell(good, session)}`)
        : failedBecause('It no longer hears anything after such a block.', good, session);
    }),
};

/** Shows unusual blocks to a process of their own, and looks whether it mines on them. */
function takes(examiner: Examiner, name: string, kind: ChainKind): Promise<Finding> {
  return examiner.withSession(async (session) => {
    const reaction = await examiner.follow(session, session.base, name, kind);
    return reaction.kind === 'on'
      ? passed(tell(reaction, session))
      : failedBecause('', reaction, session);
  });
}

/** The first block has exactly this data; the ones after it something of their own. */
function withTail(data: Uint8Array, index: number): Uint8Array {
  return index === 0 ? data : writeUtf8(`after it ${index}`);
}

function encodeOtherwise(block: Block, field: PreviousField): Uint8Array {
  const names = field === 'both' ? ['previous', 'previous_hash'] : [field];
  const previous = names
    .map((name) => `  "${name}" :\t"${bytesToHex(block.previousHash)}"`)
    .join(',\n');
  return writeUtf8(
    `\n{\n  "p_o_w" : "${bytesToHex(block.proofOfWork)}" ,\n${previous},\r\n  "data":   "${writeBase64(block.data)}"\n}\n`,
  );
}
