/** Kills miners at random moments and looks what their stores kept of all that they had acknowledged. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { openChainStore, type ByteStore } from '../../lib/drivers/storage/chain-store.ts';
import { freeUdpPort, startProcess, type Running } from '../e2e/harness/processes.ts';
import { seededRandom } from './random.ts';

/** A few milliseconds of search a block, so that a write is under way at most moments. */
const TARGET = '2**241';
const START_LIMIT_MS = 60_000;
/** Longest life after the first stored block. */
const LIFE_LIMIT_MS = 400;
/** Every so many rounds the miner is killed wherever it is, its start included. */
const EARLY_KILL_EVERY = 3;
const EARLY_LIMIT_MS = 2_000;

const STORED_LINE = / stored ([0-9a-f]{64}) at height \d+$/;

export interface KillStory {
  readonly rounds: number;
  /** Blocks that were acknowledged, over all rounds. */
  readonly acknowledged: number;
}

/**
 * Starts a miner on the same store again and again, and kills it with SIGKILL. Throws where an acknowledged block is
 * gone, where the miner ends by itself, or does not start.
 * @param seed of the moments of the kills
 * @param cli what follows `node` to run the command line
 */
export async function killMiners(
  folder: string,
  cli: readonly string[],
  rounds: number,
  seed: number,
  told: (line: string) => void = () => undefined,
): Promise<KillStory> {
  const random = seededRandom(seed);
  const storeDir = join(folder, 'store');
  const logDir = join(folder, 'log');
  let acknowledged = 0;
  for (let round = 1; round <= rounds; round++) {
    const port = await freeUdpPort();
    const miner = startProcess(`miner ${round}`, process.execPath, [
      ...[...cli, 'miner', `127.0.0.1:${port}`, '', 'genesis', '--threads', '1'],
      ...['--target', TARGET, '--store', storeDir, '--log-dir', logDir],
    ]);
    const isEarly = round % EARLY_KILL_EVERY === 0 && round < rounds;
    try {
      if (!isEarly) await untilMoreIsStored(miner, logDir, acknowledged);
      await sleep(random() * (isEarly ? EARLY_LIMIT_MS : LIFE_LIMIT_MS));
      if (miner.ended !== null) throw new Error(`round ${round}: ${tell(miner)}`);
    } finally {
      await miner.kill();
    }
    const stored = await readStore(join(storeDir, 'chain'));
    const promised = await readPromises(logDir);
    const lost = promised.filter((hash) => !stored.has(hash));
    if (lost.length > 0)
      throw new Error(
        `round ${round}: ${lost.length} of ${promised.length} stored blocks are gone`,
      );
    if (promised.length < acknowledged) throw new Error(`round ${round}: the log lost lines`);
    acknowledged = promised.length;
    told(`round ${round}: ${acknowledged} blocks acknowledged, ${stored.size} stored`);
  }
  return { rounds, acknowledged };
}

async function untilMoreIsStored(miner: Running, logDir: string, before: number): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  while ((await readPromises(logDir)).length <= before) {
    if (miner.ended !== null) throw new Error(tell(miner));
    if (performance.now() > deadline) throw new Error(`nothing was stored: ${tell(miner)}`);
    await sleep(20);
  }
}

/** The blocks whose storing the log tells, over all runs. A line that the kill cut off promises nothing. */
async function readPromises(logDir: string): Promise<string[]> {
  const files = await readdir(logDir).catch(() => []);
  const texts = await Promise.all(files.map((file) => readFile(join(logDir, file), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n'))
    .map((line) => STORED_LINE.exec(line)?.[1])
    .filter((hash) => hash !== undefined);
}

async function readStore(chainDir: string): Promise<Set<string>> {
  const database = new ClassicLevel<string, Uint8Array>(chainDir, { valueEncoding: 'view' });
  const outcome = await openChainStore(database as unknown as ByteStore, () => undefined);
  if (!outcome.ok) throw new Error(outcome.message);
  await outcome.store.close();
  return new Set(outcome.stored?.blocks.map(({ block }) => hashBlockHex(block)));
}

function tell(miner: Running): string {
  const lines = miner.output.slice(-10).map(({ text }) => text);
  return `the miner ${miner.ended === null ? 'runs' : 'ended by itself'}: ${lines.join('\n')}`;
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
