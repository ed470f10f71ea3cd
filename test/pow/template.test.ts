import { describe, expect, it } from 'vitest';
import { HOMEWORK_TARGET, targetToBytes } from '../../lib/chain/target.ts';
import { checkTemplate, type Template } from '../../lib/pow/template.ts';

const good: Template = {
  id: 1,
  data: new Uint8Array(4096),
  previousHash: new Uint8Array(32),
  target: targetToBytes(HOMEWORK_TARGET),
};

describe('a template', () => {
  it('of 0 to 4096 bytes of data can be searched', () => {
    expect(checkTemplate(good)).toEqual({ ok: true });
    expect(checkTemplate({ ...good, data: new Uint8Array(0) })).toEqual({ ok: true });
  });

  it.each([
    [{ data: new Uint8Array(4097) }, 'a block holds at most 4096 bytes of data, not 4097'],
    [{ target: new Uint8Array(32) }, 'a target of zero can never be met'],
    [{ target: new Uint8Array(31) }, 'a target has 32 bytes, not 31'],
    [{ previousHash: new Uint8Array(0) }, 'a previous hash has 32 bytes, not 0'],
    [{ freeBytes: { offset: 4090, length: 7 } }, 'the free bytes must lie within the data'],
    [{ freeBytes: { offset: -1, length: 7 } }, 'the free bytes must lie within the data'],
  ])('that is impossible is refused with a reason (%#)', (change, reason) => {
    expect(checkTemplate({ ...good, ...change })).toEqual({ ok: false, reason });
  });
});
