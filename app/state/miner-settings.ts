/**
 * How much of this device the miner may use, as its user has set it. The tab keeps both over a reload; power is also the
 * default of later tabs, but threads are shared out among the tabs unless a tab was told otherwise.
 */
import { readSetting, writeSetting } from './settings.ts';

export interface MinerSettings {
  /** 0.1 to 1. */
  readonly power?: number;
  readonly threads?: number;
}

const POWER_KEY = 'power';
const THREADS_KEY = 'threads';
const LEAST_POWER = 0.1;
/** More workers than this bring nothing on any device that opens a tab; cores share their memory. */
export const THREADS_LIMIT = 64;

/** What was set, as far as it is kept and makes sense. */
export function readMinerSettings(): MinerSettings {
  const power = readNumber(readSetting('tab', POWER_KEY) ?? readSetting('browser', POWER_KEY));
  const threads = readNumber(readSetting('tab', THREADS_KEY));
  return {
    ...(power !== null && power >= LEAST_POWER && power <= 1 && { power }),
    ...(threads !== null &&
      Number.isInteger(threads) &&
      threads >= 1 &&
      threads <= THREADS_LIMIT && { threads }),
  };
}

export function keepPower(power: number): void {
  writeSetting('tab', POWER_KEY, String(power));
  writeSetting('browser', POWER_KEY, String(power));
}

export function keepThreads(threads: number): void {
  writeSetting('tab', THREADS_KEY, String(threads));
}

function readNumber(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
