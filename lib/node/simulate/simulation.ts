/**
 * The six tasks one after the other, and what came of each (R18).
 */
import { Random } from '../../sim/random.ts';
import { HASHES_PER_BLOCK, blockSpacingMs, type Company, type CompanyOptions } from './company.ts';
import { writeTarget } from '../../chain/target.ts';
import { bootstrap } from './bootstrap-task.ts';
import { broadcast, verify } from './broadcast-task.ts';
import { Crashes } from './crashes.ts';
import { spendTwice } from './double-spend-task.ts';
import { Observer } from './observer.ts';
import { orderAll } from './order-task.ts';
import { commitPayment } from './payment-task.ts';
import { TARGET } from './room.ts';
import { openSimulatedCompany } from './simulated-company.ts';
import { Stage, type TaskOutcome } from './stage.ts';
import { openUdpCompany } from './udp-company.ts';

/** Up to so many nodes have sockets of their own; more of them are simulated. */
export const UDP_PEERS_LIMIT = 75;
const MINERS_LIMIT = 5;

const TASKS: readonly (readonly [string, (stage: Stage) => Promise<TaskOutcome>])[] = [
  ['bootstrap', bootstrap],
  ['two-phase commit of three nodes', commitPayment],
  ['broadcast without loops', broadcast],
  ['verification', verify],
  ['concurrent transactions, one order', orderAll],
  ['double spend', spendTwice],
];

export interface SimulateOptions {
  readonly seed: number;
  readonly peers: number;
  /** Whether they live in the simulator; over UDP sockets else. */
  readonly isSimulated: boolean;
  /** Share of the nodes that crash and come back in each of tasks 2 and 5, 0 to 1. */
  readonly crash: number;
  /** A line for the user while it goes on. */
  readonly tell: (line: string) => void;
  /** A line for the log of the node with this account. */
  readonly log: (account: string, line: string) => void;
}

export interface TaskResult extends TaskOutcome {
  readonly title: string;
  /** By the clock of whoever waits for it. */
  readonly tookMs: number;
}

/** Performs the tasks. One that fails does not keep the next ones from being tried. */
export async function simulate(options: SimulateOptions): Promise<TaskResult[]> {
  const { seed, peers, isSimulated, crash, tell } = options;
  const miners = Math.min(MINERS_LIMIT, peers);
  let company: Company | null = null;
  const log = (index: number, line: string): void => {
    const time = ((company?.nowMs ?? 0) / 1_000).toFixed(3).padStart(9);
    const account = company?.nodes[index]?.keys.account;
    if (account !== undefined) options.log(account, `${time} ${line}`);
  };
  const observer = new Observer(log);
  const companyOptions: CompanyOptions = { seed, peers, miners, watch: observer.watch };
  company = isSimulated ? openSimulatedCompany(companyOptions) : openUdpCompany(companyOptions);
  const random = new Random(seed).fork();
  const crashes = new Crashes(company, random, crash, log);
  const stage = new Stage({ company, observer, crashes, random, miners, tell });
  tell(
    `${peers} nodes ${isSimulated ? 'in the simulator' : 'over UDP sockets on the loopback interface'}, seed ${seed}; nodes 0 to ${miners - 1} mine at the constant target ${writeTarget(TARGET)}: ${HASHES_PER_BLOCK} hashes a block, a block every ${blockSpacingMs(peers) / 1_000} s in the mean`,
  );
  const results: TaskResult[] = [];
  try {
    for (const [title, perform] of TASKS) {
      tell(`task ${results.length + 1}: ${title}`);
      const startedMs = performance.now();
      const outcome = await perform(stage);
      const tookMs = performance.now() - startedMs;
      results.push({ title, ...outcome, tookMs });
      tell(`  ${outcome.ok ? 'passed' : 'FAILED'}: ${outcome.finding}`);
    }
    if (crashes.count > 0) tell(`${crashes.count} nodes have crashed and come back`);
  } finally {
    await company.close();
  }
  return results;
}

/** The results as a table, one row a task. */
export function drawTable(results: readonly TaskResult[]): string {
  const rows = results.map(({ title, ok, finding, tookMs }, at) => [
    `${at + 1} ${title}`,
    ok ? 'passed' : 'FAILED',
    `${(tookMs / 1_000).toFixed(1)} s`,
    finding,
  ]);
  const all = [['task', 'result', 'time', 'what was found'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}
