/**
 * Builds the page of a tab without a screen, with its workers, as the app is built.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('.', import.meta.url));

/** Leaves the page in this folder. */
export async function buildBarePage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: ROOT,
    base: './',
    logLevel: 'silent',
    resolve: {
      alias: {
        'simple-peer': fileURLToPath(
          new URL('../../../node_modules/simple-peer/simplepeer.min.js', import.meta.url),
        ),
      },
    },
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  });
}
