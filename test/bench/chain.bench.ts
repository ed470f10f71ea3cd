/**
 * How a chain does at size: blocks accepted a second, memory a block, reorganisations, and how each cost grows.
 *
 * Goals: at least 250,000 small blocks a second on one core and never less than 0.4 of the rate at which they can be
 * hashed; at most 100 bytes a block in memory beside the block's own; a reorganisation of 1,000 blocks within 50 ms;
 * exponents of at most 1.1. Accepting and hashing take turns, and what is counted is the processor time of the whole
 * process, its garbage collection included: the clock on the wall would tell how busy the machine is.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  hashBlock,
  HASH_BYTES,
  NO_PREVIOUS_HASH,
  PROOF_BYTES,
  type Block,
} from '../../lib/chain/block.ts';
import { concatBytes } from '../../lib/chain/bytes.ts';
import { Chain } from '../../lib/chain/chain.ts';
import { ORPHANS_PER_SENDER_LIMIT } from '../../lib/chain/orphans.ts';
import { homeworkRules } from '../../lib/chain/rules.ts';
import { MAX_TARGET } from '../../lib/chain/target.ts';
import { fitExponent, measureTurns } from '../support/scaling.ts';
import { quantile, type Bench, type Figure } from './bench.ts';

/** Like the homework's own: hashed by one compression. */
const SMALL_DATA_BYTES = 12;
/** As a tab mines them without a note. */
const TAB_DATA_BYTES = 140;
const SLICE = 2_000;
const MILLION = 1_000_000;
const FITS = 3;
const HEARD = { from: 'bench', wallMs: 1_763_686_800_000 };
const ARRIVAL = { ...HEARD, networkMs: 0 };
const PROOF = new Uint8Array(PROOF_BYTES);

const bench: Bench = {
  title: 'a chain at size',
  run: () => [
    ...measureAccepting('small blocks', SMALL_DATA_BYTES, 100_000),
    ...measureAccepting('blocks of a tab', TAB_DATA_BYTES, 40_000),
    ...measureMillion(),
    ...measureReorganisation(1_000),
    ...measureExponents(),
  ],
};
export default bench;

function measureAccepting(label: string, dataBytes: number, length: number): Figure[] {
  const blocks = makeBlocks(NO_PREVIOUS_HASH, length, dataBytes, 0);
  const slices: Slices = { bare: [], hashed: [], accepted: [] };
  for (let round = 0; round < 3; round++) takeTurns(openChain(blocks[0]!), blocks, slices);
  return describeSlices(label, slices);
}

/** The same at the end of a chain of a million blocks, and what that chain takes of memory. */
function measureMillion(): Figure[] {
  const slices: Slices = { bare: [], hashed: [], accepted: [] };
  const [genesis] = makeBlocks(NO_PREVIOUS_HASH, 1, SMALL_DATA_BYTES, 0) as [Block];
  const before = readMemory();
  const chain = openChain(genesis);
  while (chain.tip.height < MILLION) {
    const height = chain.tip.height;
    const next = makeBlocks(hashBlock(chain.tip.block), SLICE, SMALL_DATA_BYTES, height + 1);
    if (height < 0.9 * MILLION) for (const block of next) chain.accept(block, ARRIVAL);
    else takeTurns(chain, [genesis, ...next], slices);
  }
  const perBlock = (readMemory() - before) / chain.tree.size;
  const stored = SMALL_DATA_BYTES + HASH_BYTES + PROOF_BYTES;
  const unit = 'bytes';
  return [
    ...describeSlices('small blocks on 900,000 others', slices),
    { name: 'a small block in memory, of a million', value: perBlock, unit },
    { name: 'its own bytes', value: stored, unit },
    { name: 'beside its own bytes', value: perBlock - stored, unit },
  ];
}

function measureReorganisation(length: number): Figure[] {
  const samples = Array.from({ length: 15 }, () => timeReorganisation(length));
  const name = `a reorganisation of ${length.toLocaleString('en')} blocks, median`;
  return [{ name, value: quantile(samples, 0.5), unit: 'ms' }];
}

function measureExponents(): Figure[] {
  // The best of several fits: whatever else the machine does can bend a line, but not make it straight.
  const exponent = (what: string, measure: () => ReadonlyMap<number, number>): Figure => ({
    name: `exponent of ${what}`,
    value: Math.min(...Array.from({ length: FITS }, () => fitExponent(measure()))),
    unit: '',
  });
  return [
    exponent('insertions, 1,000 to 256,000 blocks', measureInsertions),
    exponent('orphans that find their parent, 64 to 4,096', measureOrphans),
    exponent('reorganisations, 512 to 8,192 blocks', measureReorganisations),
  ];
}

function measureInsertions(): Map<number, number> {
  const sizes = [1_000, 4_000, 16_000, 64_000, 256_000];
  const slice = 500;
  const rounds = 20;
  const blocks = makeBlocks(
    NO_PREVIOUS_HASH,
    sizes.at(-1)! + rounds * slice + 1,
    SMALL_DATA_BYTES,
    0,
  );
  const chains = new Map(sizes.map((size) => [size, openChain(blocks[0]!)]));
  for (const [size, chain] of chains) acceptAll(chain, blocks.slice(1, size + 1));
  return measureTurns(sizes, rounds, (size) => {
    const chain = chains.get(size)!;
    const from = chain.tip.height + 1;
    return timed(() => acceptAll(chain, blocks.slice(from, from + slice)));
  });
}

function measureOrphans(): Map<number, number> {
  const sizes = [64, 256, 1_024, 4_096];
  const total = sizes.at(-1)!;
  const blocks = makeBlocks(NO_PREVIOUS_HASH, total + 2, SMALL_DATA_BYTES, 0);
  return measureTurns(sizes, 10, (size) => {
    const chains = Array.from({ length: total / size }, () => {
      const chain = openChain(blocks[0]!);
      for (let i = 0; i < size; i++) {
        const from = `sender ${Math.floor(i / ORPHANS_PER_SENDER_LIMIT)}`;
        chain.accept(blocks[i + 2]!, { ...ARRIVAL, from });
      }
      return chain;
    });
    return timed(() => chains.forEach((chain) => chain.accept(blocks[1]!, ARRIVAL)));
  });
}

function measureReorganisations(): Map<number, number> {
  const sizes = [512, 1_024, 2_048, 4_096, 8_192];
  const total = sizes.at(-1)!;
  return measureTurns(sizes, 6, (size) => {
    let ms = 0;
    for (let i = 0; i < total / size; i++) ms += timeReorganisation(size);
    return ms;
  });
}

/** The last block of a branch that is longer by one comes to a chain that holds all the others. */
function timeReorganisation(length: number): number {
  const ours = makeBlocks(NO_PREVIOUS_HASH, length + 1, SMALL_DATA_BYTES, 0);
  const theirs = makeBlocks(hashBlock(ours[0]!), length + 1, SMALL_DATA_BYTES, MILLION);
  const chain = openChain(ours[0]!);
  acceptAll(chain, ours.slice(1));
  acceptAll(chain, theirs.slice(0, -1));
  const ms = timed(() => acceptAll(chain, theirs.slice(-1)));
  if (chain.tip.height !== length + 1)
    throw new Error('the chain did not follow the longer branch');
  return ms;
}

/** Milliseconds of equal numbers of blocks. */
interface Slices {
  readonly bare: number[];
  readonly hashed: number[];
  readonly accepted: number[];
}

/** Gives the chain all blocks but the first, which it has, and hashes each slice of them before. */
function takeTurns(chain: Chain, blocks: readonly Block[], slices: Slices): void {
  for (let at = 1; at + SLICE <= blocks.length; at += SLICE) {
    const slice = blocks.slice(at, at + SLICE);
    const joined = slice.map((block) =>
      concatBytes(block.data, block.previousHash, block.proofOfWork),
    );
    const height = chain.tip.height;
    slices.bare.push(timed(() => joined.forEach((bytes) => sha256(bytes))));
    slices.hashed.push(timed(() => slice.forEach((block) => hashBlock(block))));
    slices.accepted.push(timed(() => acceptAll(chain, slice)));
    if (chain.tip.height !== height + SLICE) throw new Error('the chain did not take every block');
  }
}

function describeSlices(label: string, { bare, hashed, accepted }: Slices): Figure[] {
  const rate = (samples: readonly number[]) =>
    (1_000 * SLICE * samples.length) / samples.reduce((sum, ms) => sum + ms, 0);
  const unit = 'blocks/s';
  const bareName = `${label}, hashed alone (noble's sha256)`;
  const hashedName = `${label}, hashed by hashBlock`;
  return [
    { name: bareName, value: rate(bare), unit },
    { name: hashedName, value: rate(hashed), unit },
    { name: `${label}, accepted`, value: rate(accepted), unit, against: bareName },
    { name: `${label}, accepted (the same)`, value: rate(accepted), unit, against: hashedName },
  ];
}

function openChain(genesis: Block): Chain {
  return new Chain(genesis, homeworkRules(MAX_TARGET), HEARD);
}

function acceptAll(chain: Chain, blocks: readonly Block[]): void {
  for (const block of blocks) chain.accept(block, ARRIVAL);
}

/** Blocks one upon the other; numbers from `first` on tell them apart. */
function makeBlocks(
  previous: Uint8Array,
  count: number,
  dataBytes: number,
  first: number,
): Block[] {
  const blocks: Block[] = [];
  let previousHash = previous;
  for (let i = 0; i < count; i++) {
    const data = new Uint8Array(dataBytes);
    new DataView(data.buffer).setUint32(0, first + i);
    blocks.push({ data, previousHash, proofOfWork: PROOF });
    previousHash = hashBlock(blocks[i]!);
  }
  return blocks;
}

/** Bytes in use after everything that nobody needs has been let go. */
function readMemory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Milliseconds of processor time. */
function timed(action: () => void): number {
  const started = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1_000;
}
