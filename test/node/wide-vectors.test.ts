import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wideVectorFlags } from '../../lib/node/wide-vectors.ts';

test('sets no flag of an engine on versions and processors with which it was not tried', () => {
  const version = fc.tuple(fc.nat(99), fc.nat(30), fc.nat(9)).map((parts) => parts.join('.'));
  const architecture = fc.constantFrom('x64', 'arm64', 'ia32', 'riscv64');
  fc.assert(
    fc.property(version, architecture, (nodeVersion, arch) => {
      const major = Number(nodeVersion.split('.')[0]);
      const isTried = arch === 'x64' && [24, 25, 26].includes(major);
      expect(wideVectorFlags(nodeVersion, arch)).toHaveLength(isTried ? 1 : 0);
    }),
    { numRuns: 500 },
  );
});

test('sets none for what is no version', () => {
  expect(wideVectorFlags('', 'x64')).toEqual([]);
});
