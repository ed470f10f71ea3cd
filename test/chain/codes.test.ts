import { describe, expect, it } from 'vitest';
import {
  BLOCK_CODES,
  CALL_CODES,
  CLOSE_CODES,
  CODES,
  COMMIT_CODES,
  DECODE_CODES,
  INVITATION_CODES,
  LINK_CODES,
  MEMPOOL_CODES,
  MESSAGE_CODES,
  TRANSACTION_CODES,
} from '../../lib/chain/codes.ts';

describe('the list of codes', () => {
  it('names each code once, in lower case, with a sentence', () => {
    const lists = [
      DECODE_CODES,
      BLOCK_CODES,
      TRANSACTION_CODES,
      MEMPOOL_CODES,
      COMMIT_CODES,
      MESSAGE_CODES,
      CLOSE_CODES,
      LINK_CODES,
      CALL_CODES,
      INVITATION_CODES,
    ];
    const codes = lists.flatMap((list) => Object.keys(list));
    expect(new Set(codes).size).toBe(codes.length);
    expect(Object.keys(CODES).sort()).toEqual([...codes].sort());
    for (const [code, sentence] of Object.entries(CODES)) {
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(sentence).toMatch(/^\w.*\.$/);
    }
  });
});
