import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepPower, keepThreads, readMinerSettings } from '../../../app/state/miner-settings.ts';

class TestStorage {
  readonly #items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}

beforeEach(() => {
  vi.stubGlobal('localStorage', new TestStorage());
  vi.stubGlobal('sessionStorage', new TestStorage());
});
afterEach(() => vi.unstubAllGlobals());

it('power and threads are kept for the tab, and power is the default of the next one', () => {
  expect(readMinerSettings()).toEqual({});
  keepPower(0.35);
  keepThreads(3);
  expect(readMinerSettings()).toEqual({ power: 0.35, threads: 3 });
  vi.stubGlobal('sessionStorage', new TestStorage());
  expect(readMinerSettings()).toEqual({ power: 0.35 });
});

it('what makes no sense counts as not set', () => {
  for (const [power, threads] of [
    ['0', '0'],
    ['2', '2.5'],
    ['', '1000'],
    ['full', ' '],
    ['NaN', '-1'],
  ] as const) {
    sessionStorage.setItem('tabchain.power', power);
    sessionStorage.setItem('tabchain.threads', threads);
    expect(readMinerSettings()).toEqual({});
  }
});

it('a browser that forbids storage changes nothing else', () => {
  vi.unstubAllGlobals();
  keepPower(0.5);
  expect(() => readMinerSettings()).not.toThrow();
});
