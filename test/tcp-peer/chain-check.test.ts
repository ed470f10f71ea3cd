import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finishBlock, makeBlock, makeGenesis, type TcpBlock } from '../../lib/tcp-peer/block.ts';
import { readChain } from '../../lib/tcp-peer/chain-check.ts';
import { findProof } from '../../lib/tcp-peer/proof.ts';
import { writePythonString } from '../../lib/tcp-peer/python-json.ts';
import type { TimestampFormat } from '../../lib/tcp-peer/timestamp.ts';

const anyContent = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((text) => text.replace(/[|\p{C}\p{Z}]/gu, '') || 'x');
const anyTransactions = fc.array(
  anyContent.map((content) => `tx|Abcd1234|${content}`),
  { maxLength: 5 },
);

function makeChain(transactions: readonly string[][], format: TimestampFormat = 'iso'): TcpBlock[] {
  const chain = [makeGenesis(1_777_638_896_250, format)];
  for (const [place, texts] of transactions.entries()) {
    const last = chain.at(-1)!;
    chain.push(makeBlock(last, findProof(last.proof), texts, 1_777_638_900_000 + place, format));
  }
  return chain;
}

const send = (chain: readonly TcpBlock[]) => `[${chain.map(({ wire }) => wire).join(', ')}]`;

/** As `str(chain)` writes it: single quotes, double ones where a text has an apostrophe, None. */
function sendRepr(chain: readonly TcpBlock[]): string {
  const repr = (text: string) => {
    const escaped = text.replace(/\\/g, '\\\\');
    if (text.includes("'") && !text.includes('"')) return `"${escaped}"`;
    return `'${escaped.replace(/'/g, "\\'")}'`;
  };
  const blocks = chain.map(
    (block) =>
      `{'index': ${block.index}, 'timestamp': ${typeof block.timestamp === 'string' ? repr(block.timestamp) : block.timestamp.digits}, ` +
      `'transaction': [${block.transactions.map(repr).join(', ')}], 'proof': ${block.proof}, ` +
      `'previousHash': ${repr(block.previousHash)}, 'currentHash': ${block.currentHash === null ? 'None' : repr(block.currentHash)}}`,
  );
  return `[${blocks.join(', ')}]`;
}

describe("a neighbour's chain", () => {
  it('is read as it was, from JSON, from repr, from texts within texts, with blocks that are known and without', () => {
    fc.assert(
      fc.property(
        fc.array(anyTransactions, { maxLength: 6 }),
        fc.constantFrom<TimestampFormat>('iso', 'ctime', 'epoch'),
        fc.nat(),
        (transactions, format, cut) => {
          const chain = makeChain(transactions, format);
          const known = chain.slice(0, cut % (chain.length + 1));
          for (const reply of [
            send(chain),
            sendRepr(chain),
            writePythonString(sendRepr(chain)),
            `[${chain.map(({ wire }) => writePythonString(wire)).join(',')}]`,
          ])
            expect(readChain(reply, known, true)).toEqual({ ok: true, blocks: chain });
        },
      ),
    );
  });

  it('is refused where any field of any block is another one', () => {
    const chain = makeChain([['tx|Abcd1234|a'], ['tx|Abcd1234|b'], ['tx|Abcd1234|c']]);
    const changes: Partial<TcpBlock>[] = [
      { index: 7 },
      { transactions: ['tx|Abcd1234|other'] },
      { transactions: [] },
      { proof: 6 },
      { previousHash: 'f'.repeat(64) },
      { currentHash: 'f'.repeat(64) },
      { timestamp: '2020-01-01 00:00:00', timeMs: 0 },
    ];
    for (const place of [1, 2])
      for (const change of changes) {
        const altered = chain.map((block, index) =>
          index === place ? finishBlock({ ...block, ...change }) : block,
        );
        expect(readChain(send(altered), chain, true).ok, JSON.stringify(change)).toBe(false);
      }
  });

  it.each([
    ['{"index": 1}', 'it is no list of blocks'],
    ['[]', 'it has no block'],
    ['[1]', 'block 1 is no object'],
    ['["x"]', 'block 1 is no object'],
    ['Accepted', 'it cannot be read: "" at character 8 is unexpected'],
    ['[{"index": 1, "proof": -5}]', 'block 1 has no proof'],
    ['[{"index": 1.5, "proof": 100}]', 'block 1 has no index'],
    ['[{"index": 1, "proof": 100, "transaction": [1]}]', 'block 1 has no list of transactions'],
    ['[{"index": 1, "proof": 100, "transaction": []}]', 'block 1 has no previousHash'],
  ])('is refused in %j with a reason', (reply, reason) => {
    const outcome = readChain(reply, [], true);
    expect(outcome.ok).toBe(false);
    if (!outcome.ok && !reason.startsWith('it cannot')) expect(outcome.reason).toBe(reason);
  });

  it.each([
    ['another proof', { proof: 5 }],
    ['another previousHash', { previousHash: 'nothing' }],
    ['a currentHash', { currentHash: 'f'.repeat(64) }],
    ['another index', { index: 0 }],
  ])('is refused where its genesis has %s', (_, change) => {
    const genesis = finishBlock({ ...makeGenesis(0, 'iso'), ...change });
    expect(readChain(send([genesis]), [], true).ok).toBe(false);
  });

  it.each([
    ['six transactions', Array.from({ length: 6 }, (_, place) => `tx|Abcd1234|${place}`)],
    ['a wrong sender', ['tx|Abc1234|x']],
    ['71 characters', [`tx|Abcd1234|${'x'.repeat(71)}`]],
    ['a bar', ['tx|Abcd1234|a|b']],
    ['a control character', ['tx|Abcd1234|a\x1b']],
    ['no transaction at all', ['hello']],
  ])('is refused where a block holds %s, even with right hashes', (_, transactions) => {
    expect(readChain(send(makeChain([transactions])), [], true).ok).toBe(false);
  });

  it('may have hashes made otherwise where its reader says so, but no other proofs', () => {
    const chain = makeChain([['tx|Abcd1234|a'], ['tx|Abcd1234|b']]);
    const foreign = chain.map((block) =>
      finishBlock({ ...block, previousHash: 'x', currentHash: 'y' }),
    );
    expect(readChain(send(foreign), [], true).ok).toBe(false);
    expect(readChain(send(foreign), [], false)).toEqual({ ok: true, blocks: foreign });
    const [genesis, ...rest] = foreign;
    const cheated = [genesis!, ...rest.map((block) => finishBlock({ ...block, proof: 7 }))];
    expect(readChain(send(cheated), [], false).ok).toBe(false);
  });

  it('is read without the blocks that are still open', () => {
    const chain = makeChain([['tx|Abcd1234|a']]);
    const open =
      "{'index': 3, 'timestamp': None, 'transaction': ['tx|Abcd1234|b'], 'proof': None, 'previousHash': None, 'currentHash': None}";
    expect(readChain(`${sendRepr(chain).slice(0, -1)}, ${open}, ${open}]`, [], true)).toEqual({
      ok: true,
      blocks: chain,
    });
  });
});
