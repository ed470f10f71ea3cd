/** Session descriptions that people carry, drawn at random. */
import fc from 'fast-check';
import {
  HAND_CANDIDATES_LIMIT,
  type HandCandidate,
  type HandDescription,
} from '../../lib/drivers/webrtc/hand-description.ts';

const ICE_CHARS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const iceText = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...ICE_CHARS), minLength, maxLength });

function candidatesOf(type: HandCandidate['type'], least: number): fc.Arbitrary<HandCandidate[]> {
  const candidate = fc.record({
    type: fc.constant(type),
    address: fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.uuid().map((name) => `${name}.local`),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
    priority: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  });
  return fc.array(candidate, { minLength: least, maxLength: HAND_CANDIDATES_LIMIT[type] });
}

export const handDescriptions: fc.Arbitrary<HandDescription> = fc.record({
  ufrag: iceText(4, 32),
  password: iceText(22, 64),
  fingerprint: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  candidates: fc
    .tuple(candidatesOf('host', 1), candidatesOf('srflx', 0), candidatesOf('relay', 0))
    .map((lists) => lists.flat()),
});
