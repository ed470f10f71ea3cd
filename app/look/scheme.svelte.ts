/**
 * Dark, light, or what the device prefers.
 */
import { readSetting, writeSetting } from '../state/settings.ts';

export const SCHEMES = ['auto', 'dark', 'light'] as const;
export type Scheme = (typeof SCHEMES)[number];

const KEY = 'scheme';

class SchemeChoice {
  #chosen = $state<Scheme>(SCHEMES.find((name) => name === readSetting('browser', KEY)) ?? 'auto');
  readonly #prefersLight = matchMedia('(prefers-color-scheme: light)');

  constructor() {
    this.#prefersLight.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  get chosen(): Scheme {
    return this.#chosen;
  }

  choose(next: Scheme): void {
    this.#chosen = next;
    writeSetting('browser', KEY, next);
    this.#apply();
  }

  #apply(): void {
    const preferred = this.#prefersLight.matches ? 'light' : 'dark';
    document.documentElement.dataset['scheme'] = this.#chosen === 'auto' ? preferred : this.#chosen;
  }
}

export const scheme = new SchemeChoice();
