/** A `class` room whose blocks hold nothing but their time: short to write, quick to mine. */
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { readUtf8, writeUtf8 } from '../../lib/chain/bytes.ts';
import { classRules, type Rules } from '../../lib/chain/rules.ts';
import type { TreeEntry } from '../../lib/chain/tree.ts';
import { EASY_TARGET, makeGenesis, mineBlock } from './test-miner.ts';

export const SPACING_MS = 10_000;
/** When the genesis blocks of these rooms were made. */
export const START_MS = 1_000_000;

/** Data `<milliseconds>` or `<milliseconds> <any text>`. */
export function dataAt(timeMs: number, text = ''): Uint8Array {
  return writeUtf8(`${timeMs} ${text}`.trim());
}

export function makeClassRules(target = EASY_TARGET, spacingMs = SPACING_MS): Rules {
  return classRules({
    target,
    spacingMs,
    readTimeMs: (data) => {
      const digits = /^\d+(?= |$)/.exec(readUtf8(data) ?? '');
      return digits === null ? null : Number(digits[0]);
    },
  });
}

export function makeClassGenesis(): Block {
  return makeGenesis(dataAt(START_MS));
}

/** A block with just the work that the rules ask for on this parent at this time. */
export function mineAt(rules: Rules, parent: TreeEntry, timeMs: number, text = ''): Block {
  return mineBlock(dataAt(timeMs, text), parent.hash, rules.targetAt(parent, timeMs));
}

/** The entry that the tree would keep for a block on this parent, without mining one. */
export function imagineAt(rules: Rules, parent: TreeEntry | null, timeMs: number): TreeEntry {
  const block = makeGenesis(dataAt(timeMs));
  const standing =
    parent === null
      ? rules.judgeGenesis(block)
      : {
          target: rules.targetAt(parent, timeMs),
          baseTarget: rules.targetAt(parent, parent.timeMs!),
          timeMs,
        };
  return {
    ...standing,
    hash: hashBlockHex(block),
    block,
    parent,
    height: parent === null ? 0 : parent.height + 1,
    work: 0n,
    order: 0,
    heardMs: 0,
    heardFrom: 'test',
  };
}
