/**
 * How rooms do: real tabs in one browser, from opening a page to the tip of all; and large rooms, in the model in
 * test/support, which runs the machines of lib/net: hops and copies of gossip, and lookups while a fifth of the room
 * changes a minute. log2 of a large room is what its hops are held against.
 */
import { measureOverlay } from '../support/overlay-figures.ts';
import type { Bench, Figure } from './bench.ts';
import { measureFirstBlock } from './tabs/first-block.ts';
import { measureMesh } from './tabs/mesh.ts';
import { measureFewTabs, measureManyTabs } from './tabs/spread.ts';

const SIZES = [1_000, 10_000];
const ROUNDS = 6;
const LOOKUPS = 1_000;

const bench: Bench = {
  title:
    'rooms of tabs: joining, links, blocks; and of many peers: gossip, lookups under 20 % churn',
  run: async () => [
    ...(await orNothing(measureFirstBlock)),
    ...(await orNothing(measureMesh)),
    ...(await orNothing(measureFewTabs)),
    ...(await orNothing(measureManyTabs)),
    ...SIZES.flatMap(figuresOf),
  ],
};
export default bench;

/** A machine that is too busy for one part shall not hide the figures of the others. */
async function orNothing(measure: () => Promise<Figure[]>): Promise<Figure[]> {
  try {
    return await measure();
  } catch (error) {
    console.error(`  not measured: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function figuresOf(peers: number): Figure[] {
  const figures = measureOverlay(peers, ROUNDS, LOOKUPS, 1);
  const room = `${peers.toLocaleString('en')} peers`;
  const bound = `${room}: log2(n)`;
  return [
    { name: bound, value: Math.log2(peers), unit: 'hops' },
    { name: `${room}: reach of a block`, value: 100 * figures.reach, unit: '%' },
    {
      name: `${room}: hops of a block, most`,
      value: figures.gossipHops,
      unit: 'hops',
      against: bound,
    },
    { name: `${room}: copies of a block, most`, value: figures.mostCopies, unit: 'copies' },
    { name: `${room}: lookups right`, value: (100 * figures.right) / figures.lookups, unit: '%' },
    {
      name: `${room}: hops of a lookup, mean`,
      value: figures.meanHops,
      unit: 'hops',
      against: bound,
    },
    { name: `${room}: hops of a lookup, p99`, value: figures.hops99, unit: 'hops', against: bound },
    {
      name: `${room}: hops of a lookup, most`,
      value: figures.mostHops,
      unit: 'hops',
      against: bound,
    },
  ];
}
