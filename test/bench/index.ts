/**
 * `npm run bench [-- name …]`: runs the benchmarks of this folder, prints their figures and ratios, and writes them to
 * test-results/bench-<name>.json.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Figure } from './bench.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const RESULTS = join(FOLDER, '../../test-results');
const ENDING = '.bench.ts';

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(ENDING))
  .map((file) => basename(file, ENDING));
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}: choose of ${names.join(', ')}.`);
  process.exit(2);
}

mkdirSync(RESULTS, { recursive: true });
for (const name of chosen.length > 0 ? chosen : names) {
  const { default: bench } = (await import(`./${name}${ENDING}`)) as { default: Bench };
  console.log(`\n${name}: ${bench.title}`);
  const loadBefore = loadavg()[0]!;
  const figures = withRatios(await bench.run());
  for (const figure of figures) console.log(`  ${describe(figure)}`);
  // Other work slows some figures more than others: a load above one core's tells to read them with care.
  const machine = {
    node: process.version,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? null,
    loadAverage: { before: loadBefore, after: loadavg()[0]! },
  };
  console.log(
    `  load average: ${loadBefore.toFixed(1)} before, ${machine.loadAverage.after.toFixed(1)} after`,
  );
  writeFileSync(
    join(RESULTS, `bench-${name}.json`),
    JSON.stringify({ name, title: bench.title, machine, figures }, null, 2) + '\n',
  );
}
// Native parts of WebRTC would keep the process for seconds.
process.exit(0);

function withRatios(figures: readonly Figure[]): (Figure & { ratio?: number })[] {
  return figures.map((figure) => {
    const other = figures.find(({ name }) => name === figure.against);
    return other === undefined ? figure : { ...figure, ratio: figure.value / other.value };
  });
}

function describe({ name, value, unit, against, ratio }: Figure & { ratio?: number }): string {
  const digits = value >= 100 ? 0 : value >= 2 ? 1 : 3;
  const number = value.toLocaleString('en', { maximumFractionDigits: digits });
  const comparison = ratio === undefined ? '' : `  ${ratio.toFixed(3)} × ${against}`;
  return `${name.padEnd(44)} ${number.padStart(12)} ${unit.padEnd(10)}${comparison}`;
}
