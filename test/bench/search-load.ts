/**
 * What floods of datagrams take from the search: hashes by the processor time of the thread that searches, so that
 * neither other programs nor the thread that hears the datagrams count, beside those of quiet moments in between.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createThreadPool } from '../../lib/drivers/workers/thread-pool.ts';
import type { PeerOutput } from '../../lib/peer/inputs.ts';
import type { TestPeer } from '../support/peers.ts';
import { quantile, type Figure } from './bench.ts';

export interface Flood {
  readonly name: string;
  readonly perSecond: number;
  /** Peer that hears it, whose templates are searched. */
  readonly peer: TestPeer;
  /** The datagram of this number, and the link that it comes over. */
  readonly datagram: (number: number) => readonly [linkId: string, bytes: Uint8Array];
}

/** Until kernels have raced and the thread runs at full speed. */
const WARM_UP_MS = 4_000;
const ROUNDS = 8;
const PHASE_MS = 1_000;
const STEP_MS = 4;
/** Processor time is told in ticks of 10 ms on all systems that tell it. */
const TICKS_PER_SECOND = 100;
/** No hash is so small: the search never ends. */
const HOPELESS = Uint8Array.from({ length: 32 }, (_, i) => (i < 12 ? 0 : 1));
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** None where the system does not tell threads apart. */
export async function measureSearchLoad(floods: readonly Flood[]): Promise<Figure[]> {
  const before = listThreads();
  if (before.length === 0) return [];
  const pool = createThreadPool({ threads: 1, duty: 1 }, { found: () => {}, warn: console.error });
  let id = 0;
  const search = ({ template }: TestPeer) => {
    if (template !== null) pool.search({ ...template, id: ++id, target: HOPELESS });
  };
  search(floods[0]!.peer);
  await wait(WARM_UP_MS);
  const started = listThreads().filter((thread) => !before.includes(thread));
  const thread = started.reduce((a, b) => (readTicks(a) > readTicks(b) ? a : b));
  const rate = async (phase: () => Promise<void>): Promise<number> => {
    const [hashes, ticks] = [pool.rates().hashes, readTicks(thread)];
    await phase();
    const seconds = (readTicks(thread) - ticks) / TICKS_PER_SECOND;
    return (pool.rates().hashes - hashes) / seconds / 1_000_000;
  };
  const figures: Figure[] = [];
  for (const { name, perSecond, peer, datagram } of floods) {
    let sent = 0;
    const take = (outputs: readonly PeerOutput[]) => {
      for (const { kind } of outputs)
        if (kind === 'mine') search(peer);
        else if (kind === 'resume') setImmediate(() => take(peer.step({ kind: 'resume' })));
    };
    peer.resumes = false;
    const laterMs = peer.monotonicMs - performance.now();
    const flood = async () => {
      const startedMs = performance.now();
      const first = sent;
      for (let elapsedMs = 0; elapsedMs < PHASE_MS; elapsedMs = performance.now() - startedMs) {
        const due = first + Math.floor((elapsedMs * perSecond) / 1_000);
        for (; sent < due; sent++) {
          const [linkId, bytes] = datagram(sent);
          peer.monotonicMs = performance.now() + laterMs;
          take(peer.hearBytes(linkId, bytes));
        }
        peer.outputs.length = 0;
        await wait(STEP_MS);
      }
    };
    const rates: [quiet: number[], flooded: number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      rates[0].push(await rate(() => wait(PHASE_MS)));
      rates[1].push(await rate(flood));
    }
    const quiet = `search beside no ${name}`;
    figures.push(
      { name: quiet, value: quantile(rates[0], 0.5), unit: 'MH/CPU s' },
      {
        name: `search beside ${Math.round(sent / ROUNDS)} ${name} a second`,
        value: quantile(rates[1], 0.5),
        unit: 'MH/CPU s',
        against: quiet,
      },
    );
  }
  pool.close();
  return figures;
}

function listThreads(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [];
  }
}

/** Processor time of a thread: user and system, the 14th and 15th field of its line, behind a name in brackets. */
function readTicks(thread: string): number {
  const line = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
