/**
 * A miner is killed 200 times at random moments and loses nothing that it had acknowledged (R28).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killMiners } from '../support/store-kills.ts';
import { readCounts, type Soak } from './soak.ts';

const soak: Soak = {
  title: 'a miner killed at random moments, again and again on one store',
  async run(flags, tell) {
    const read = readCounts(flags, { kills: 200, seed: 1 });
    if (!read.ok) return { kind: 'wrong', message: read.message };
    const { kills, seed } = read.counts;
    const folder = await mkdtemp(join(tmpdir(), 'tabchain-store-'));
    try {
      const story = await killMiners(folder, ['dist/cli.js'], kills, seed, tell);
      const summary = `${story.rounds} kills, ${story.acknowledged} blocks acknowledged, none lost`;
      return { kind: 'passed', summary };
    } catch (error) {
      return { kind: 'failed', summary: String(error) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

export default soak;
