/**
 * The texts in which peers of the field write values: JSON, and Python's repr of lists and dicts (R23).
 *
 * Reads both, even mixed, and writes JSON as Python's `json.dumps` does by default. Numbers keep their digits, because
 * a hash over `1620000000.0` is another one than a hash over `1620000000`.
 */

/** A chain is a list of dicts of lists; one more level is a list that was written as a text. */
const DEPTH_LIMIT = 8;
/** Values of one text: a chain of 64 MiB has fewer. */
const VALUES_LIMIT = 8_000_000;

/** A number by its digits, as they stood in the text. */
export interface NumberText {
  readonly digits: string;
}

export type PythonValue =
  null | boolean | string | NumberText | readonly PythonValue[] | ReadonlyMap<string, PythonValue>;

export type PythonOutcome =
  | { readonly ok: true; readonly value: PythonValue }
  | { readonly ok: false; readonly reason: string };

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z]+/y;
const SPACE = /[ \t\r\n]*/y;
/** What needs no unescaping, up to the next quote or backslash. */
const PLAIN = { '"': /[^"\\]*/y, "'": /[^'\\]*/y } as const;

const WORDS = new Map<string, PythonValue>([
  ['null', null],
  ['None', null],
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
]);

const ESCAPES = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['a', '\x07'],
  ['0', '\0'],
]);

/** Digits after `\x`, `\u` and `\U`. */
const ESCAPE_DIGITS = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** The value that a text stands for. Nothing but white space may follow it. */
export function readPythonValue(text: string): PythonOutcome {
  try {
    const reader = new Reader(text);
    const value = reader.readValue(0);
    reader.expectEnd();
    return { ok: true, value };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, reason: error.message };
  }
}

/** A text as `json.dumps` writes it by default: pure ASCII, in double quotes. */
export function writePythonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escapeUnit);
}

/**
 * A text as JSON that parsers of the field survive: whatever they replace, split at or look for (quotes, backslashes,
 * brackets) stands there by its number only. Means the same to a JSON parser.
 */
export function writeSturdyString(text: string): string {
  return `"${text.replace(/[^ !#$%&(-Z^-z|~]/g, escapeUnit)}"`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Why a text cannot be read. Thrown by the reader, and caught above. */
class Unreadable extends Error {}

class Reader {
  readonly #text: string;
  #position = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(depth: number): PythonValue {
    if (depth > DEPTH_LIMIT) throw new Unreadable('it is nested too deeply');
    if (++this.#values > VALUES_LIMIT) throw new Unreadable('it has too many values');
    this.#match(SPACE);
    const first = this.#text[this.#position];
    switch (first) {
      case undefined:
        throw new Unreadable('it ends too early');
      case '[':
        return this.#readList(depth);
      case '{':
        return this.#readDict(depth);
      case '"':
      case "'":
        return this.#readString(first);
    }
    const digits = this.#match(NUMBER);
    if (digits !== '') return { digits };
    const word = this.#match(WORD);
    const value = WORDS.get(word);
    if (value !== undefined) return value;
    throw this.#surprise();
  }

  expectEnd(): void {
    this.#match(SPACE);
    if (this.#position < this.#text.length) throw this.#surprise();
  }

  #readList(depth: number): PythonValue[] {
    const values: PythonValue[] = [];
    this.#position++;
    while (!this.#skips(']')) {
      values.push(this.readValue(depth + 1));
      if (!this.#skips(',') && this.#next() !== ']') throw this.#surprise();
    }
    return values;
  }

  #readDict(depth: number): Map<string, PythonValue> {
    const members = new Map<string, PythonValue>();
    this.#position++;
    while (!this.#skips('}')) {
      const quote = this.#next();
      if (quote !== '"' && quote !== "'") throw this.#surprise();
      const name = this.#readString(quote);
      if (!this.#skips(':')) throw this.#surprise();
      members.set(name, this.readValue(depth + 1));
      if (!this.#skips(',') && this.#next() !== '}') throw this.#surprise();
    }
    return members;
  }

  #readString(quote: '"' | "'"): string {
    const start = ++this.#position;
    let text = '';
    for (;;) {
      text += this.#match(PLAIN[quote]);
      const end = this.#text[this.#position++];
      if (end === undefined)
        throw new Unreadable(`the text at character ${start} has no closing quote`);
      if (end === quote) return text;
      text += this.#readEscape();
    }
  }

  #readEscape(): string {
    const kind = this.#text[this.#position++];
    if (kind === undefined) throw new Unreadable('it ends too early');
    const digits = ESCAPE_DIGITS.get(kind);
    if (digits === undefined) return ESCAPES.get(kind) ?? kind;
    const hex = this.#text.slice(this.#position, this.#position + digits);
    const code = /^[0-9a-fA-F]+$/.test(hex) && hex.length === digits ? parseInt(hex, 16) : Infinity;
    if (code > 0x10ffff) throw this.#surprise();
    this.#position += digits;
    return digits === 4 ? String.fromCharCode(code) : String.fromCodePoint(code);
  }

  #next(): string | undefined {
    this.#match(SPACE);
    return this.#text[this.#position];
  }

  #skips(character: string): boolean {
    if (this.#next() !== character) return false;
    this.#position++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#position += found.length;
    return found;
  }

  #surprise(): Unreadable {
    const found = this.#text.slice(this.#position, this.#position + 12);
    return new Unreadable(
      found === ''
        ? 'it ends too early'
        : `"${found}" at character ${this.#position} is unexpected`,
    );
  }
}
