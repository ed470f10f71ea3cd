/**
 * Small settings of the page, kept by the browser. A browser that refuses to keep them only forgets them.
 */

/** `tab` lives as long as the tab and survives a reload; `browser` is the default of later tabs. */
export type SettingStore = 'tab' | 'browser';

const PREFIX = 'tabchain.';

export function readSetting(store: SettingStore, key: string): string | null {
  try {
    return storageOf(store).getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function writeSetting(store: SettingStore, key: string, value: string): void {
  try {
    storageOf(store).setItem(PREFIX + key, value);
  } catch {
    // Storage is blocked or full: the setting holds until the page closes.
  }
}

function storageOf(store: SettingStore): Storage {
  return store === 'tab' ? sessionStorage : localStorage;
}
