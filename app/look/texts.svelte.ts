/**
 * One switch hides every text that someone wrote: names become accounts, notes and data vanish. It is a classroom.
 */
import { readSetting, writeSetting } from '../state/settings.ts';

const KEY = 'hide-texts';

class TextSwitch {
  #hidden = $state(readSetting('browser', KEY) === 'yes');

  get hidden(): boolean {
    return this.#hidden;
  }

  hide(hidden: boolean): void {
    this.#hidden = hidden;
    writeSetting('browser', KEY, hidden ? 'yes' : 'no');
  }
}

export const texts = new TextSwitch();
