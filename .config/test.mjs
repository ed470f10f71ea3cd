/**
 * `npm test`: makes the clone ready, then runs every check and every test. Its last line counts them.
 *
 * `npm test` runs all; `npm test -- unit`, `-- system`, `-- checks` a part; `npm test -- e2e/whole-picture` the test
 * files whose path below test/ holds these words.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT, runQuietly, Trouble } from './bootstrap/process.mjs';
import { sealCommand } from './sealed.mjs';

/**
 * System tests wait more than they compute, so two halves of them run side by side, each in a network of its own, where
 * neither takes a port from the other.
 */
const SYSTEM_LANES = 2;
/**
 * Real browsers, sockets and processes on a shared machine now and then meet a moment that no test foresaw. The files of
 * so few failures are run once more, alone; a fault fails again, and what passes is named at the end, as a test to mend.
 */
const SECOND_LOOK_LIMIT_FILES = 2;
const CHECK_TIMEOUT_MS = 5 * 60_000;
const RESULTS = join(ROOT, 'test-results');

/** Checks are independent of each other, so they run side by side. */
const CHECKS = {
  eslint: ['eslint/bin/eslint.js', '-c', '.config/eslint.config.js', '--max-warnings', '0', '.'],
  prettier: ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  'svelte-check': [
    'svelte-check/bin/svelte-check',
    '--tsconfig',
    './tsconfig.json',
    '--fail-on-warnings',
    '--output',
    'human',
  ],
  tsc: ['typescript/bin/tsc', '-p', '.'],
};

/** The parts that a person may name, and what of the machine each needs. */
const PARTS = {
  checks: { bootstrap: ['--no-build'] },
  unit: { bootstrap: ['--no-build'] },
  system: { bootstrap: ['--browser', '--python', '--network-tools'] },
};

const tally = { passed: 0, failed: 0 };
/** Files that passed at the second look only. */
const unsteady = [];

try {
  const { parts, filters } = readArguments(process.argv.slice(2));
  await prepare(parts);
  mkdirSync(RESULTS, { recursive: true });
  if (parts.includes('checks')) await runChecks();
  if (parts.includes('unit')) await runVitest('unit', filters);
  if (parts.includes('system')) await runVitest('system', filters);
  process.exitCode = tally.failed === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(error.message);
  tally.failed++;
  process.exitCode = error.exitCode;
}
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
if (unsteady.length > 0)
  console.log(`Unsteady, passed at the second look only: ${unsteady.join(', ')}`);

/** Parts to run, and the words that a test file's path has to hold; no words are all files. */
function readArguments(args) {
  const parts = args.filter((arg) => Object.hasOwn(PARTS, arg));
  const filters = args.filter((arg) => !parts.includes(arg));
  const flag = filters.find((filter) => filter.startsWith('-'));
  if (flag !== undefined)
    throw new Trouble(
      `Unknown flag ${flag}: name parts (${Object.keys(PARTS).join(', ')}) or test files.`,
      2,
    );
  if (filters.length > 0 && parts.length === 0)
    parts.push(filters.some((filter) => /(^|\/)(e2e|system)\b/.test(filter)) ? 'system' : 'unit');
  return { parts: parts.length > 0 ? parts : Object.keys(PARTS), filters };
}

async function prepare(parts) {
  const wanted = new Set(parts.flatMap((part) => PARTS[part].bootstrap));
  if (parts.includes('system')) wanted.delete('--no-build');
  const exitCode = await run(process.execPath, [join(ROOT, '.config/bootstrap.mjs'), ...wanted]);
  if (exitCode !== 0) throw new Trouble('The clone could not be made ready.', exitCode ?? 1);
}

async function runChecks() {
  const results = Object.entries(CHECKS).map(async ([name, [script, ...args]]) => {
    const startedMs = performance.now();
    const result = await runQuietly(
      process.execPath,
      [join(ROOT, 'node_modules', script), ...args],
      {
        timeoutMs: CHECK_TIMEOUT_MS,
      },
    );
    return { name, ...result, seconds: secondsSince(startedMs) };
  });
  for (const result of results) {
    const { name, ok, output, seconds } = await result;
    console.log(`── ${name}: ${ok ? 'fine' : 'FAILED'} (${seconds})`);
    if (!ok) console.log(output);
    count(ok);
  }
}

async function runVitest(project, filters) {
  console.log(`── ${project} tests`);
  const startedMs = performance.now();
  const isSealed = project === 'system' && process.env.TABCHAIN_NO_NAMESPACES !== '1';
  const lanes = isSealed && filters.length === 0 ? SYSTEM_LANES : 1;
  const results = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => runLane(project, lane + 1, lanes, filters)),
  );
  const failing = results.flatMap(({ failing }) => failing);
  if (project === 'system' && failing.length > 0 && failing.length <= SECOND_LOOK_LIMIT_FILES)
    await lookAgain(results);
  for (const { passed, failed } of results) {
    tally.passed += passed;
    tally.failed += failed;
  }
  const isFine = results.every(({ failed }) => failed === 0);
  console.log(`── ${project} tests: ${isFine ? 'fine' : 'FAILED'} (${secondsSince(startedMs)})`);
}

/** Runs the files of failed tests once more, and corrects the results of those in which every test passes now. */
async function lookAgain(results) {
  for (const result of results)
    for (const { file, passed, failed } of result.failing) {
      console.log(`── second look at ${file}, in which ${failed} failed`);
      const again = await runLane('system', 1, 1, [file], 'second-look');
      if (again.failed > 0 || again.passed < passed + failed) continue;
      result.passed += again.passed - passed;
      result.failed -= failed;
      unsteady.push(file);
    }
}

/** Runs one share of a project's test files. */
async function runLane(project, lane, lanes, filters, name = project) {
  const report = join(RESULTS, lanes === 1 ? `${name}.json` : `${name}-${lane}.json`);
  // Only this run's own report is made anew: benchmarks keep theirs beside it.
  rmSync(report, { force: true });
  const command = [
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      ...['run', '--config', '.config/vitest.config.ts', '--project', project],
      ...['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report],
      ...(lanes === 1 ? [] : [`--shard=${lane}/${lanes}`]),
      ...filters,
    ],
  ];
  const exitCode = await run(...(project === 'system' ? await sealCommand(...command) : command));
  const { passed, failing } = readReport(report);
  const failed = failing.reduce((sum, file) => sum + file.failed, 0);
  // A worker that dies fails the run without failing a file.
  return { passed, failed: exitCode === 0 ? failed : Math.max(failed, 1), failing };
}

function readReport(path) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    const files = report.testResults.map(({ name, status, assertionResults }) => {
      const count = (wanted) => assertionResults.filter(({ status }) => status === wanted).length;
      // A file that cannot be made ready fails without failing a test.
      const failed = status === 'failed' ? Math.max(count('failed'), 1) : 0;
      return { file: relative(ROOT, name), passed: count('passed'), failed };
    });
    return { passed: report.numPassedTests, failing: files.filter(({ failed }) => failed > 0) };
  } catch {
    return { passed: 0, failing: [] };
  }
}

function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit' });
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code));
  });
}

function count(ok) {
  if (ok) tally.passed++;
  else tally.failed++;
}

function secondsSince(startedMs) {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}
