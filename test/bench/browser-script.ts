/**
 * Builds a file and all that it imports into one script for a browser.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** The script leaves what the file exports in a global variable of this name. */
export async function buildScript(file: URL, name = 'script'): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      lib: { entry: fileURLToPath(file), formats: ['iife'], name },
      target: 'es2022',
    },
  });
  const [first] = Array.isArray(built) ? built : [built];
  if (first === undefined || !('output' in first)) throw new Error(`${file} was not built.`);
  return first.output[0].code;
}
