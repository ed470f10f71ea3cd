/**
 * The members of a JSON object as they stand in its text, repeated keys included, which JSON.parse hides (R2).
 */

const COLON = 0x3a;
const BACKSLASH = 0x5c;

export interface JsonMember {
  readonly key: string;
  readonly value: unknown;
}

/** The top-level members in order. The text must be one valid JSON object, as JSON.parse has confirmed. */
export function listTopLevelMembers(text: string): JsonMember[] {
  const members: JsonMember[] = [];
  let at = text.indexOf('{') + 1;
  for (;;) {
    const keyStart = text.indexOf('"', at);
    if (keyStart < 0) return members;
    const keyEnd = skipString(text, keyStart);
    const valueStart = text.indexOf(':', keyEnd) + 1;
    const valueEnd = skipValue(text, valueStart);
    members.push({
      key: JSON.parse(text.slice(keyStart, keyEnd)) as string,
      value: JSON.parse(text.slice(valueStart, valueEnd)),
    });
    at = valueEnd;
  }
}

/**
 * Whether any object within a JSON text has a key twice. `value` is what JSON.parse made of the text: it has fewer
 * members then than the text has colons.
 */
export function hasRepeatedKeys(text: string, value: unknown): boolean {
  return countMembers(value) < countColons(text);
}

/** Members of all objects within a value. Without recursion: a text of 64 KiB can nest 65,536 arrays. */
function countMembers(value: unknown): number {
  let count = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null) continue;
    const values: unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) count += values.length;
    for (const inner of values) if (typeof inner === 'object') rest.push(inner);
  }
  return count;
}

/** Colons of a JSON text that stand outside of its strings. */
function countColons(text: string): number {
  let count = 0;
  for (let at = 0; ;) {
    const stringStart = text.indexOf('"', at);
    const end = stringStart < 0 ? text.length : stringStart;
    for (; at < end; at++) if (text.charCodeAt(at) === COLON) count++;
    if (stringStart < 0) return count;
    at = skipString(text, stringStart);
  }
}

/** The position behind the string that opens at `start`. */
function skipString(text: string, start: number): number {
  // Most strings have no escapes, and the engine finds their ends faster than we could.
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}

/** The position of the comma or brace that ends the value which begins at `start`. */
function skipValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  for (;;) {
    const character = text[at]!;
    if (character === '"') {
      at = skipString(text, at);
      continue;
    }
    if (depth === 0 && (character === ',' || character === '}')) return at;
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    at++;
  }
}
