/**
 * What `class` rules promise of the spacing of blocks, over 200 seeds (R28): crowds come and go, clocks lie.
 */
import { measureClassRooms } from '../support/class-spacing.ts';
import { readCounts, type Soak } from './soak.ts';

const soak: Soak = {
  title: 'the spacing of blocks in class rooms',
  run(flags, tell) {
    const read = readCounts(flags, { seeds: 200 });
    if (!read.ok) return Promise.resolve({ kind: 'wrong', message: read.message });
    const { seeds } = read.counts;
    let [count, missed] = [0, 0];
    for (const { name, value, least, most } of measureClassRooms(seeds)) {
      const holds = value >= least && value <= most;
      count++;
      if (!holds) missed++;
      tell(`${holds ? 'holds ' : 'MISSED'} ${value.toFixed(3)} of ${least} to ${most}: ${name}`);
    }
    const summary = `${count - missed} of ${count} hold, over ${seeds} seeds`;
    return Promise.resolve({ kind: missed === 0 ? 'passed' : 'failed', summary });
  },
};

export default soak;
