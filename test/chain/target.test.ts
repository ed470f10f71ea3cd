import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBlock } from '../../lib/chain/block.ts';
import { bigintToBytes, bytesToHex, readHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import {
  HOMEWORK_TARGET,
  MAX_TARGET,
  meetsTarget,
  readTarget,
  targetToBytes,
  targetToHex,
  writeTarget,
  workOfTarget,
} from '../../lib/chain/target.ts';

const anyTarget = fc.bigInt({ min: 1n, max: MAX_TARGET });

describe('a target', () => {
  it('is met by every hash up to it and by none above', () => {
    fc.assert(
      fc.property(anyTarget, anyTarget, (hash, target) => {
        expect(meetsTarget(bigintToBytes(hash, 32), target)).toBe(hash <= target);
      }),
    );
    const just = bigintToBytes(HOMEWORK_TARGET, 32);
    expect(meetsTarget(just, HOMEWORK_TARGET)).toBe(true);
    expect(meetsTarget(just, HOMEWORK_TARGET - 1n)).toBe(false);
  });

  it('is met by the genesis block of the homework, and would not be by twice its work (R4)', () => {
    const genesis = {
      data: writeUtf8('Genesis'),
      previousHash: new Uint8Array(32),
      proofOfWork: readHex('00000000002f824e')!,
    };
    const hash = hashBlock(genesis);
    expect(bytesToHex(hash)).toBe(
      '000006d1d73b2098208e18cfcaffca703bcefbf59a44d04f483351a39db981da',
    );
    expect(meetsTarget(hash, HOMEWORK_TARGET)).toBe(true);
    expect(meetsTarget(hash, HOMEWORK_TARGET >> 1n)).toBe(false);
  });

  it('stands for work that grows as it shrinks, at least one hash', () => {
    expect(workOfTarget(HOMEWORK_TARGET)).toBe((1n << 21n) - 1n);
    expect(workOfTarget(HOMEWORK_TARGET - 1n)).toBe(1n << 21n);
    expect(workOfTarget(MAX_TARGET)).toBe(1n);
    fc.assert(
      fc.property(anyTarget, anyTarget, (a, b) => {
        if (a <= b) expect(workOfTarget(a)).toBeGreaterThanOrEqual(workOfTarget(b));
        expect(workOfTarget(a)).toBeGreaterThanOrEqual(1n);
      }),
    );
  });

  it('is read as it is written', () => {
    fc.assert(
      fc.property(anyTarget, (target) => {
        expect(readTarget(targetToHex(target))).toEqual({ ok: true, target });
        expect(readTarget(writeTarget(target))).toEqual({ ok: true, target });
        expect(readTarget(`0x${target.toString(16).toUpperCase()}`)).toEqual({ ok: true, target });
        expect(bytesToHex(targetToBytes(target))).toBe(targetToHex(target));
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (power) => {
        const target = 1n << BigInt(power);
        expect(readTarget(` 2**${power} `)).toEqual({ ok: true, target });
        expect(readTarget(`2^${power}`)).toEqual({ ok: true, target });
        expect(writeTarget(target)).toBe(`2**${power}`);
      }),
    );
  });

  it.each([
    '',
    ' ',
    'x',
    '2**',
    '2**256',
    '2**999',
    '2**1000',
    '2**-1',
    '3**5',
    '2 ** 4',
    '0',
    '0x',
    '0x0',
    '-1',
    '1.5',
    'f'.repeat(65),
  ])('cannot be "%s", and a sentence says why', (text) => {
    expect(readTarget(text)).toMatchObject({ ok: false, reason: expect.stringMatching(/target/) });
  });
});
