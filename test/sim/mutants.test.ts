import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../soak/mutants.ts';

const ROOT = new URL('../../', import.meta.url);

describe('each deliberate bug of the soak', () => {
  it.each(MUTANTS.map(({ name, file, find }) => [name, file, find] as const))(
    'has its place in the code: %s',
    (_name, file, find) => {
      const source = readFileSync(fileURLToPath(new URL(file, ROOT)), 'utf8');
      expect(source.split(find)).toHaveLength(2);
    },
  );
});
