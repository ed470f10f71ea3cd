import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { DealtSequencer } from './dealt-sequencer.ts';

/** Longer than any stall of a busy two-core machine that was seen: a wait that is too short fails a sound program. */
const POLL = { timeout: 60_000 };
const root = fileURLToPath(new URL('..', import.meta.url));

/** `unit` needs nothing but Node; `system` starts processes, sockets and browsers, one file at a time. */
export default defineConfig({
  root,
  test: {
    sequence: { sequencer: DealtSequencer },
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/system/**'],
          testTimeout: 120_000,
          // The test runner itself leaves one core free, which is half of a small machine.
          maxWorkers: availableParallelism(),
          expect: { poll: POLL },
        },
      },
      {
        root,
        test: {
          name: 'system',
          include: ['test/e2e/**/*.test.ts', 'test/system/**/*.test.ts'],
          testTimeout: 200_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          expect: { poll: POLL },
        },
      },
    ],
  },
});
