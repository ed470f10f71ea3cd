/**
 * Numbers for the senders of blocks, so that a row of the index says in 16 bits who brought its block.
 */

/** A link has a new name whenever it is made anew. Beyond this many, names are no longer told apart. */
export const SENDER_NAMES_LIMIT = 65_535;
/** The name that all further senders share. */
export const OTHER_SENDERS = 'others';

export class SenderNames {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  #lastName: string | null = null;
  #lastNumber = 0;

  numberOf(name: string): number {
    if (name !== this.#lastName) {
      this.#lastNumber = this.#numbers.get(name) ?? this.#add(name);
      this.#lastName = name;
    }
    return this.#lastNumber;
  }

  nameOf(number: number): string {
    return this.#names[number] ?? OTHER_SENDERS;
  }

  #add(name: string): number {
    const number = this.#names.length;
    if (number >= SENDER_NAMES_LIMIT) return SENDER_NAMES_LIMIT;
    this.#names.push(name);
    this.#numbers.set(name, number);
    return number;
  }
}
