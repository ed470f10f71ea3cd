import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `unit` needs nothing but Node; `system` starts processes, sockets and browsers, one file at a time. */
export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/system/**'],
          testTimeout: 20_000,
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
        },
      },
    ],
  },
});
