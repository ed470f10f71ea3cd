/**
 * Random ledgers with random forks and reorganisations beside a naive model, by the thousand (R12, R15, R16).
 */
import { SignatureChecks } from '../../lib/ledger/signature-checks.ts';
import { runLedgerWorld, runMempoolWorld, runUndoWorld } from '../support/ledger-runs.ts';
import { readCounts, type Soak } from './soak.ts';

const BLOCKS = 40;
const TELL_EVERY = 100;

const soak: Soak = {
  title: 'random ledgers and mempools beside a naive model',
  run(flags, tell) {
    const read = readCounts(flags, { worlds: 2_000, seed: 1 });
    if (!read.ok) return Promise.resolve({ kind: 'wrong', message: read.message });
    const { worlds, seed: first } = read.counts;
    const checks = new SignatureChecks();
    for (let seed = first; seed < first + worlds; seed++) {
      try {
        runLedgerWorld(seed, BLOCKS, checks);
        runUndoWorld(seed, BLOCKS, checks);
        runMempoolWorld(seed, 2 * BLOCKS, checks);
      } catch (error) {
        return Promise.resolve({ kind: 'failed', summary: `seed ${seed}: ${String(error)}` });
      }
      if ((seed - first + 1) % TELL_EVERY === 0) tell(`${seed - first + 1} worlds`);
    }
    return Promise.resolve({ kind: 'passed', summary: `${worlds} worlds, none differs` });
  },
};

export default soak;
