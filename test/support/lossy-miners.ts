/**
 * Two reference miners and ours on a network that loses a fifth of all datagrams (R10): real processes and sockets.
 */
import { hashBlockHex } from '../../lib/chain/block.ts';
import { decodeBlock } from '../../lib/chain/codec.ts';
import { freeTcpPort, freeUdpPort, startProcess } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import { startReferenceMiner, type ReferenceMiner } from '../reference/reference-miner.ts';
import { startLossySwitch } from './lossy-switch.ts';

/** A loaded machine takes its time for everything. */
const PATIENCE_MS = 150_000;
/** An easy target: a held back reference miner finds a block every two seconds. */
const TARGET = '2**238';
const REFERENCE_HASHES_PER_SECOND = 150_000;

export interface LossyMinersOptions {
  /** Words before `miner …` that start the command line. */
  readonly program: readonly string[];
  /** The share of its time that our thread works, in percent: whole, it outruns the two by hundreds to one. */
  readonly powerPercent: number;
  readonly loss: number;
  readonly seed: number;
  /** Every end of something that was started. */
  readonly atEnd: (close: () => unknown) => void;
}

export interface OwnFigures {
  readonly height: number;
  /** Blocks that it found, those that others outran included. */
  readonly found: number;
  /** Those tried so far. */
  readonly hashes: number;
}

export interface LossyMiners {
  readonly references: readonly ReferenceMiner[];
  /** What ours tells of itself at this moment. */
  figures(): Promise<OwnFigures>;
  /** The hashes of our best chain, genesis first. */
  chain(): Promise<string[]>;
  /** How many blocks a reference miner's tip is below ours; null while it is on another chain. */
  lags(): Promise<(number | null)[]>;
  /** Heights of our tip and numbers of datagrams, for a story. */
  describe(): string;
}

/** Starts all three. Once they share a genesis block, which no specification lets anyone ask for, datagrams get lost. */
export async function startLossyMiners(options: LossyMinersOptions): Promise<LossyMiners> {
  const { program, powerPercent, loss, seed, atEnd } = options;
  const network = startLossySwitch(seed);
  atEnd(() => network.close());
  const [first, second, own] = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()];
  const status = await freeTcpPort();
  const seen = {
    first: await network.add(first),
    second: await network.add(second),
    own: await network.add(own),
  };
  const refer = async (port: number, others: number[], genesis: boolean) => {
    const miner = await startReferenceMiner({
      ...{ port, others, genesis, target: TARGET },
      hashesPerSecond: REFERENCE_HASHES_PER_SECOND,
    });
    atEnd(() => miner.process.kill());
    return miner;
  };
  const late = await refer(second, [seen.first, seen.own], false);
  const ours = startProcess('ours', process.execPath, [
    ...[
      ...program,
      'miner',
      `127.0.0.1:${own}`,
      `127.0.0.1:${seen.first},127.0.0.1:${seen.second}`,
    ],
    ...['--target', TARGET, '--threads', '1', '--power', String(powerPercent)],
    ...['--status', `127.0.0.1:${status}`],
  ]);
  atEnd(() => ours.kill());
  await ours.waitForLine(/Status at/, PATIENCE_MS);
  const founder = await refer(first, [seen.second, seen.own], true);
  let height = -1;
  const ask = async (page: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${status}/${page}`)).text();
  const figures = async (): Promise<OwnFigures> => {
    const text = await ask('metrics');
    const figure = (name: string) =>
      Number(new RegExp(`^tabchain_${name} (\\d+)$`, 'm').exec(text)?.[1]);
    return {
      height: figure('height'),
      found: figure('blocks_found_total'),
      hashes: figure('hashes_total'),
    };
  };
  const chain = async (): Promise<string[]> => {
    const lines = (await ask('chain')).split('\n').filter((line) => line !== '');
    height = lines.length - 1;
    return lines.map((line) => {
      const decoded = decodeBlock(new TextEncoder().encode(line));
      if (!decoded.ok) throw new Error(`${decoded.code}: ${line}`);
      return hashBlockHex(decoded.block);
    });
  };
  await waitFor(async () => (await chain()).length > 0 && late.tip() !== null, {
    timeoutMs: PATIENCE_MS,
    describe: 'all three have the genesis block',
  });
  network.setLoss(loss);
  const references = [founder, late];
  return {
    references,
    figures,
    chain,
    async lags() {
      // Asked for before ours: what they follow then is in our chain, or on another one.
      const tips = references.map((miner) => miner.tip()?.hash ?? '');
      const hashes = await chain();
      return tips.map((tip) => {
        const at = hashes.lastIndexOf(tip);
        return at < 0 ? null : hashes.length - 1 - at;
      });
    },
    describe: () => `we are at ${height}, ${JSON.stringify(network.counts())}`,
  };
}
