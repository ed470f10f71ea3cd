/**
 * What a miner is asked to search: a block without its proof, and the target that the hash must meet (R4).
 */
import { DATA_LIMIT_BYTES, HASH_BYTES } from '../chain/block.ts';

/** One search. A new template replaces the one before; proofs found for an old one are dropped. */
export interface Template {
  /** Names this search in the answers; strictly increasing within one pool. */
  readonly id: number;
  /** 0 to 4096 bytes. */
  readonly data: Uint8Array;
  /** 32 bytes. */
  readonly previousHash: Uint8Array;
  /** 32 bytes, big-endian. */
  readonly target: Uint8Array;
  /**
   * A range of `data` whose bytes the search may replace by printable ASCII of its own choice, from `0-9A-Za-z`
   * only, so that any JSON string that holds them stays valid. Absent where the data must stay as it is.
   */
  readonly freeBytes?: { readonly offset: number; readonly length: number };
}

/** A proof that meets the template's target; `data` is the template's, free bytes as the search chose them. */
export interface Proof {
  readonly templateId: number;
  readonly data: Uint8Array;
  /** 8 bytes. */
  readonly proofOfWork: Uint8Array;
}

export type TemplateCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether a template can be searched at all; the reason is a sentence for its owner. */
export function checkTemplate(template: Template): TemplateCheck {
  const { data, previousHash, target, freeBytes } = template;
  const refuse = (reason: string): TemplateCheck => ({ ok: false, reason });
  if (data.length > DATA_LIMIT_BYTES)
    return refuse(`a block holds at most ${DATA_LIMIT_BYTES} bytes of data, not ${data.length}`);
  if (previousHash.length !== HASH_BYTES)
    return refuse(`a previous hash has ${HASH_BYTES} bytes, not ${previousHash.length}`);
  if (target.length !== HASH_BYTES)
    return refuse(`a target has ${HASH_BYTES} bytes, not ${target.length}`);
  if (target.every((byte) => byte === 0)) return refuse('a target of zero can never be met');
  if (freeBytes !== undefined && !isRangeWithin(freeBytes, data.length))
    return refuse('the free bytes must lie within the data');
  return { ok: true };
}

function isRangeWithin(range: { offset: number; length: number }, limit: number): boolean {
  const { offset, length } = range;
  return (
    Number.isInteger(offset) &&
    Number.isInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= limit
  );
}

/** Whether data is the template's own, apart from free bytes, which hold letters and digits. */
export function isDataOfTemplate(data: Uint8Array, template: Template): boolean {
  if (data.length !== template.data.length) return false;
  const { offset, length } = template.freeBytes ?? { offset: 0, length: 0 };
  return data.every((byte, i) =>
    i >= offset && i < offset + length ? isFreeByte(byte) : byte === template.data[i],
  );
}

const isFreeByte = (byte: number) => /[0-9A-Za-z]/.test(String.fromCharCode(byte));
