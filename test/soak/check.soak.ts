/**
 * The examination of miners by all rules: healthy ones pass, and of every broken one the defect is named (R34).
 */
import { EXAMINED_MINERS, examineMiner, judgeReport } from '../support/examined-miners.ts';
import { readCounts, type Soak } from './soak.ts';

const soak: Soak = {
  title: `${EXAMINED_MINERS.length} miners, healthy and broken, examined by all rules`,
  async run(flags, tell) {
    const read = readCounts(flags, { together: 2, rounds: 1 });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { together, rounds } = read.counts;
    const queue = Array.from({ length: rounds }, () => EXAMINED_MINERS).flat();
    const examinations = queue.length;
    let wrong = 0;
    const work = async () => {
      for (let miner = queue.shift(); miner !== undefined; miner = queue.shift()) {
        const verdict = judgeReport(miner, await examineMiner(miner.defect));
        if (verdict !== null) wrong++;
        tell(`${miner.defect}: ${verdict ?? 'right'}`);
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, together) }, work));
    return {
      kind: wrong === 0 ? 'passed' : 'failed',
      summary: `${examinations - wrong} of ${examinations} reports are right`,
    };
  },
};

export default soak;
