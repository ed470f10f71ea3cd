/**
 * Builds what Node runs and what other programs import: dist/index.js, node.js, cli.js, and the
 * programs of workers and child processes beside them, with types.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: {
    index: 'lib/index.ts',
    node: 'lib/node/index.ts',
    cli: 'lib/node/cli.ts',
    'pow-worker': 'lib/drivers/workers/thread-worker.ts',
    'web-worker': 'lib/drivers/workers/web-worker.ts',
    'signature-worker': 'lib/drivers/workers/signature-thread.ts',
    'signature-web-worker': 'lib/drivers/workers/signature-web-worker.ts',
    'webrtc-process': 'lib/drivers/webrtc/webrtc-process.ts',
  },
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  outDir: 'dist',
  format: 'esm',
  target: 'node20.19',
  // The library is for browsers and Node both: nothing is replaced, and nothing is pulled in.
  platform: 'neutral',
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  dts: true,
  sourcemap: true,
  // The bootstrap empties the folder; the app lies in it too.
  clean: false,
  plugins: [
    {
      // Users' bundlers find the worker of a tab by this address, and in dist/ it is no TypeScript.
      name: 'web-worker-address',
      transform: (code: string, id: string) =>
        /web-(pool|signature-checker)\.ts$/.test(id)
          ? code.replace(/'(\.\/(signature-)?web-worker)\.ts'/, "'$1.js'")
          : null,
    },
  ],
  // What is bundled from node_modules would be a second copy in its user's program.
  deps: { skipNodeModulesBundle: true },
});
