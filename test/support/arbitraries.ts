/** Generators that several property tests share. */
import fc from 'fast-check';
import { HASH_BYTES, PROOF_BYTES, type Block } from '../../lib/chain/block.ts';

export function bytes(minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength });
}

/** Blocks of the right shape, mostly without proof of work. */
export const anyBlock: fc.Arbitrary<Block> = fc.record(
  {
    data: bytes(0, 200),
    previousHash: bytes(HASH_BYTES),
    proofOfWork: bytes(PROOF_BYTES),
  },
  { noNullPrototype: true },
);

/** Text of any code points, lone surrogates included: what a JSON string may hold. */
export const anyText: fc.Arbitrary<string> = fc.string({ unit: 'binary' }).chain((text) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(text) },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: 0xd800, max: 0xdfff })
        .map((unit) => text + String.fromCharCode(unit)),
    },
  ),
);
