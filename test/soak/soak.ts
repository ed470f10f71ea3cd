/**
 * What a soak is: a test that counts far further than `npm test` has time for.
 */

export type SoakOutcome =
  | { readonly kind: 'passed' | 'failed'; readonly summary: string }
  /** The flags make no sense; the message says what to write. */
  | { readonly kind: 'wrong'; readonly message: string };

/** A file test/soak/<name>.soak.ts exports one of these as its default. */
export interface Soak {
  /** One line for the head. */
  readonly title: string;
  /** Runs to the end; `tell` prints a line on the way. */
  run(flags: readonly string[], tell: (line: string) => void): Promise<SoakOutcome>;
}

/** Reads flags of the form `--name 123`, each with a value where it is absent. */
export function readCounts<Name extends string>(
  flags: readonly string[],
  usual: Readonly<Record<Name, number>>,
): { ok: true; counts: Record<Name, number> } | { ok: false; message: string } {
  const counts: Record<Name, number> = { ...usual };
  for (let i = 0; i < flags.length; i += 2) {
    const name = flags[i]!.replace(/^--/, '');
    const value = flags[i + 1] ?? '';
    if (!Object.hasOwn(usual, name) || !/^\d{1,15}$/.test(value)) {
      const known = Object.entries(usual).map(
        ([flag, count]) => `--${flag} <n> (${String(count)})`,
      );
      return { ok: false, message: `Flags are ${known.join(', ')}.` };
    }
    counts[name as Name] = Number(value);
  }
  return { ok: true, counts };
}
