/**
 * `npm run soak -- <name> [flags]`: runs the long count of a test and ends with `passed` or `failed`.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Soak } from './soak.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const ENDING = '.soak.ts';

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(ENDING))
  .map((file) => basename(file, ENDING));
const [name, ...flags] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Name a soak: ${names.join(', ')}.`);
  process.exit(2);
}

const { default: soak } = (await import(`./${name}${ENDING}`)) as { default: Soak };
console.log(`${name}: ${soak.title}`);
const startedMs = performance.now();
const outcome = await soak.run(flags, (line) => console.log(line));
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
if (outcome.kind === 'wrong') {
  console.error(outcome.message);
  process.exit(2);
}
console.log(`${outcome.summary} (${seconds} s)`);
console.log(outcome.kind);
process.exit(outcome.kind === 'passed' ? 0 : 1);
