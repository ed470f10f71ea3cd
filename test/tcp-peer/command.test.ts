import { describe, expect, it } from 'vitest';
import { readCommand } from '../../lib/tcp-peer/command.ts';

describe("a user's line", () => {
  it.each([
    ['tx Abcd1234 hello', { kind: 'transaction', text: 'tx|Abcd1234|hello' }],
    ['  tx Abcd1234 two words ', { kind: 'transaction', text: 'tx|Abcd1234|two words' }],
    ['pb', { kind: 'print-blockchain' }],
    [' cc ', { kind: 'close-connection' }],
    ['', { kind: 'nothing' }],
    ['hello', { kind: 'unknown' }],
    ['tx', { kind: 'unknown' }],
    ['tx Abcd1234', { kind: 'unknown' }],
    ['tx|Abcd1234|x', { kind: 'unknown' }],
    [`tx Abcd1234 ${'x'.repeat(2000)}`, { kind: 'unknown' }],
  ])('%j is understood', (line, command) => {
    expect(readCommand(line)).toEqual(command);
  });

  it.each([`tx Abcd123 x`, `tx Abcd1234 a|b`, `tx Abcd1234 ${'x'.repeat(71)}`])(
    '%j is rejected with a reason',
    (line) => {
      expect(readCommand(line)).toMatchObject({ kind: 'rejected' });
    },
  );
});
