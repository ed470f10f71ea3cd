/**
 * One seed is one world, in Node and in a tab (R31).
 */
import { expect } from 'vitest';
import { drawScenario } from '../../lib/sim/scenario.ts';
import { runWorld } from '../../lib/sim/world.ts';
import { bundleSimulator } from '../support/simulator-bundle.ts';
import { test } from './harness/world.ts';

const SEEDS = 10;
/** Of partitions, crashes, sleeps and so on: all kinds that are drawn. */
const FAULT_KINDS = 10;

test('a tab runs the same worlds as Node, event for event', async ({ world }) => {
  const code = await bundleSimulator();
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
  const { page } = await (await world.browser()).openTab('simulator', 'data:text/html,simulator');
  // As text, because the test's own transformation would replace the import.
  const inTab: unknown = await page.evaluate(`(async () => {
    const blob = new Blob([${JSON.stringify(code)}], { type: 'text/javascript' });
    const { drawScenario, runWorld } = await import(URL.createObjectURL(blob));
    return ${JSON.stringify(seeds)}.map((seed) => runWorld(drawScenario({ seed })).digest);
  })()`);
  const worlds = seeds.map((seed) => drawScenario({ seed }));
  const faults = new Set(worlds.flatMap((drawn) => drawn.faults.map(({ kind }) => kind)));
  expect(faults.size).toBeGreaterThanOrEqual(FAULT_KINDS);
  expect(worlds.some(({ peers }) => peers.some(({ hostile }) => hostile !== null))).toBe(true);
  const inNode = seeds.map((seed) => runWorld(drawScenario({ seed })).digest);
  expect(inTab).toEqual(inNode);
});
