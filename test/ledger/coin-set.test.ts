import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoinSet, type Coin } from '../../lib/ledger/coin-set.ts';

const OWNERS = ['00'.repeat(20), 'ff'.repeat(20), `${'00'.repeat(19)}01`, 'ab'.repeat(20)];

/** Few ids, some of which differ in their last bit only, as those of one transaction's coins do in the table. */
const anyName = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 1))
  .map(([n, output]) => {
    const bytes = Buffer.alloc(32, 7);
    bytes[31] = n;
    return `${bytes.toString('base64url')}.${output}`;
  });

const anyCoin: fc.Arbitrary<Coin> = fc.record({
  name: anyName,
  owner: fc.constantFrom(...OWNERS),
  amount: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 50 })),
});

describe('the set of unspent coins', () => {
  it('holds what a map would hold, however coins come and go', () => {
    fc.assert(
      fc.property(fc.array(anyCoin, { maxLength: 200 }), (coins) => {
        const set = new CoinSet();
        const model = new Map<string, Coin>();
        for (const coin of coins) {
          const known = model.get(coin.name);
          expect(set.find(coin.name)).toEqual(known ?? null);
          if (known === undefined && !model.has(aliasOf(coin.name))) {
            set.add(coin);
            model.set(coin.name, coin);
          } else if (known !== undefined) {
            expect(set.remove(coin.name)).toEqual(known);
            model.delete(coin.name);
          } else expect(set.find(coin.name)).toBeNull();
        }
        expect(set.size).toBe(model.size);
        const all = [...model.values()];
        expect(set.total).toBe(all.reduce((sum, { amount }) => sum + amount, 0));
        for (const owner of OWNERS) {
          const own = all.filter((coin) => coin.owner === owner);
          expect(set.count(owner)).toBe(own.length);
          expect(set.balance(owner)).toBe(own.reduce((sum, { amount }) => sum + amount, 0));
          expect(set.coinsOf(owner, Infinity).sort(byName)).toEqual(own.sort(byName));
          expect(set.coinsOf(owner, 2).length).toBe(Math.min(2, own.length));
        }
      }),
    );
  });

  it('says that there is no such coin to whoever would remove it', () => {
    const set = new CoinSet();
    expect(() => set.remove(`${'A'.repeat(43)}.0`)).toThrow(/there is no coin/);
  });
});

/** The only other name with the same key; no two hashes are that near to each other. */
function aliasOf(name: string): string {
  const bytes = Buffer.from(name.slice(0, 43), 'base64url');
  bytes[31]! ^= 1;
  return `${bytes.toString('base64url')}.${name.endsWith('0') ? 1 : 0}`;
}

function byName(a: Coin, b: Coin): number {
  return a.name < b.name ? -1 : 1;
}
