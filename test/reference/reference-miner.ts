/**
 * Runs the reference miner of this folder, for tests that need a real one at the other end of a socket.
 */
import { fileURLToPath } from 'node:url';
import { pythonPath, startProcess, type Running } from '../e2e/harness/processes.ts';

const PROGRAM = fileURLToPath(new URL('miner.py', import.meta.url));
/** An interpreter starts within a second; a loaded machine may need longer. */
const START_LIMIT_MS = 20_000;

export interface ReferenceBlock {
  readonly height: number;
  readonly hash: string;
  readonly mine: boolean;
  /** Those that it had tried by then in all. */
  readonly hashes: number;
}

export interface ReferenceMiner {
  readonly process: Running;
  /** Every block that it has accepted so far, its root first. */
  blocks(): readonly ReferenceBlock[];
  /** The first that it accepted at its greatest height: the tip of its chain. Null while it has none. */
  tip(): ReferenceBlock | null;
  /** What it wrote to its error stream so far. */
  errors(): string;
}

export interface ReferenceMinerOptions {
  readonly port: number;
  readonly others: readonly number[];
  readonly genesis?: boolean;
  /** As the miner reads it: `2**240`. */
  readonly target: string;
  readonly hashesPerSecond: number;
}

/** Starts one on the loopback interface; answers once its socket is bound. */
export async function startReferenceMiner(options: ReferenceMinerOptions): Promise<ReferenceMiner> {
  const { port, others, genesis = false, target, hashesPerSecond } = options;
  const args = [
    PROGRAM,
    `127.0.0.1:${port}`,
    others.map((other) => `127.0.0.1:${other}`).join(','),
    ...(genesis ? ['genesis'] : []),
  ];
  const process = startProcess(`miner.py ${port}`, pythonPath(), args, {
    env: { TARGET: target, HASHES_PER_SECOND: String(hashesPerSecond) },
  });
  await process.waitForLine(/listening on/, START_LIMIT_MS);
  const linesOf = (stream: 'out' | 'err') =>
    process.output.filter((line) => line.stream === stream).map(({ text }) => text);
  const blocks = () => linesOf('out').map((line) => JSON.parse(line) as ReferenceBlock);
  return {
    process,
    blocks,
    tip: () =>
      blocks().reduce<ReferenceBlock | null>(
        (best, block) => (best === null || block.height > best.height ? block : best),
        null,
      ),
    errors: () => linesOf('err').join('\n'),
  };
}
