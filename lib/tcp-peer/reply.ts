/**
 * Where a reply ends (R23): replies have no framing, so one ends when its JSON is complete or a known word has come.
 *
 * Counts brackets outside of quotes, of JSON and of Python's repr alike, and looks at each character once.
 */

/** A chain of 64 MiB holds about 700,000 transactions. What is longer is refused before it is complete. */
export const REPLY_LIMIT_CHARS = 64 * 1024 * 1024;

const KNOWN_WORD = /^(?:accepted|rejected|reward|no reward)\b[.!]?$/i;
/** Nothing that is no JSON is longer. */
const WORD_LIMIT_CHARS = 256;

export type ReplyState =
  /** More has to come. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'complete'; readonly text: string }
  | { readonly kind: 'too-long' };

const PARTIAL: ReplyState = { kind: 'partial' };

/** Collects the pieces of one reply. */
export class ReplyReader {
  readonly #pieces: string[] = [];
  #length = 0;
  #depth = 0;
  #quote = '';
  #escaped = false;
  #structured: boolean | null = null;

  /** Whether anything has come. */
  get begun(): boolean {
    return this.#structured !== null;
  }

  /** Adds what has come, and says whether the reply is complete. What stands behind its end is dropped. */
  push(piece: string): ReplyState {
    const text = this.#structured === null ? piece.trimStart() : piece;
    if (text === '') return PARTIAL;
    this.#structured ??= /^[[{"']/.test(text);
    this.#length += text.length;
    if (this.#length > (this.#structured ? REPLY_LIMIT_CHARS : WORD_LIMIT_CHARS))
      return { kind: 'too-long' };
    const end = this.#structured ? this.#findEnd(text) : -1;
    this.#pieces.push(end < 0 ? text : text.slice(0, end));
    if (end >= 0) return { kind: 'complete', text: this.#pieces.join('') };
    if (!this.#structured) {
      const word = this.#pieces.join('').trim();
      if (KNOWN_WORD.test(word)) return { kind: 'complete', text: word };
    }
    return PARTIAL;
  }

  /** What has come so far, where silence has to end the reply: a word that nobody knows. Null within JSON. */
  endBySilence(): string | null {
    return this.#structured === false ? this.#pieces.join('').trim() : null;
  }

  /** The place after the last character of the reply, or -1 where it goes on. */
  #findEnd(text: string): number {
    for (let place = 0; place < text.length; place++) {
      const character = text[place]!;
      if (this.#quote !== '') {
        if (this.#escaped) this.#escaped = false;
        else if (character === '\\') this.#escaped = true;
        else if (character === this.#quote) {
          this.#quote = '';
          if (this.#depth === 0) return place + 1;
        }
      } else if (character === '"' || character === "'") this.#quote = character;
      else if (character === '[' || character === '{') this.#depth++;
      else if ((character === ']' || character === '}') && --this.#depth <= 0) return place + 1;
    }
    return -1;
  }
}
