import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES } from '../../lib/chain/block.ts';
import { HOMEWORK_TARGET, MAX_TARGET } from '../../lib/chain/target.ts';
import {
  DEFAULT_CLASS_TARGET,
  DEFAULT_MIN_SPACING_MS,
  DEFAULT_SPACING_MS,
  readRoomLink,
  ROOM_CODE,
  ROOM_LINK_LIMIT_CHARS,
  writeRoomFragment,
  type RoomPolicy,
} from '../../lib/net/room-link.ts';
import { anyText } from '../support/arbitraries.ts';

const HASH = '000006d1d73b2098208e18cfcaffca703bcefbf59a44d04f483351a39db981da';
const BRIDGE = '0123456789abcdef0123456789abcdef01234567';

const hex = (length: number) =>
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'),
    minLength: length,
    maxLength: length,
  });
const room = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/);
const target = fc.bigInt({ min: 1n, max: MAX_TARGET });
const spacing = fc.integer({ min: 100, max: 86_400_000 });

/** Policies with defaults in the fields that their kind ignores. */
const anyPolicy: fc.Arbitrary<RoomPolicy> = fc.oneof(
  fc.record({
    room,
    genesis: fc.record({ kind: fc.constant('pinned' as const), hash: hex(64) }),
    target: fc.constant(DEFAULT_CLASS_TARGET),
    spacingMs: fc.constant(DEFAULT_SPACING_MS),
    minSpacingMs: fc.constant(DEFAULT_MIN_SPACING_MS),
    dataLimitBytes: fc.constant(DATA_LIMIT_BYTES),
  }),
  fc.record({
    room,
    genesis: fc.record({ kind: fc.constant('udp' as const), bridge: hex(40) }),
    target: fc.oneof(target, fc.constant(HOMEWORK_TARGET)),
    spacingMs: fc.constant(DEFAULT_SPACING_MS),
    minSpacingMs: fc.oneof(spacing, fc.constantFrom(0, DEFAULT_MIN_SPACING_MS)),
    dataLimitBytes: fc.integer({ min: 600, max: DATA_LIMIT_BYTES }),
  }),
  fc.record({
    room,
    genesis: fc.record({ kind: fc.constant('new' as const) }),
    target: fc.oneof(target, fc.constant(DEFAULT_CLASS_TARGET)),
    spacingMs: fc.oneof(spacing, fc.constant(DEFAULT_SPACING_MS)),
    minSpacingMs: fc.constant(DEFAULT_MIN_SPACING_MS),
    dataLimitBytes: fc.constant(DATA_LIMIT_BYTES),
  }),
);

describe('the link of a room', () => {
  it('gives back its policy, as a whole link and as a fragment', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        const fragment = writeRoomFragment(policy);
        for (const link of [
          fragment,
          `#${fragment}`,
          `http://192.168.1.7:8080/#${fragment}`,
          `https://host.example/path/?q=a&g=new#${fragment}`,
        ])
          expect(readRoomLink(link)).toEqual({ ok: true, policy });
        expect(fragment.length).toBeLessThan(200);
        expect(fragment).toMatch(/^[a-z0-9=&*-]+$/);
      }),
    );
  });

  it('is short where everything is as usual', () => {
    const usual = {
      room: 'a',
      spacingMs: DEFAULT_SPACING_MS,
      minSpacingMs: DEFAULT_MIN_SPACING_MS,
      dataLimitBytes: DATA_LIMIT_BYTES,
    };
    const fragmentOf = (genesis: RoomPolicy['genesis'], usualTarget: bigint) =>
      writeRoomFragment({ ...usual, genesis, target: usualTarget });
    expect(fragmentOf({ kind: 'pinned', hash: HASH }, 5n)).toBe(`r=a&g=${HASH}`);
    expect(fragmentOf({ kind: 'new' }, DEFAULT_CLASS_TARGET)).toBe('r=a&g=new');
    expect(fragmentOf({ kind: 'udp', bridge: BRIDGE }, HOMEWORK_TARGET)).toBe(
      `r=a&g=udp&bridge=${BRIDGE}`,
    );
  });

  it('may be typed and sent in other ways', () => {
    expect(readRoomLink(`g=${HASH.toUpperCase()}&r=a`)).toMatchObject({
      ok: true,
      policy: { genesis: { kind: 'pinned', hash: HASH } },
    });
    expect(readRoomLink(`r=a&g=UDP&bridge=${BRIDGE.toUpperCase()}`)).toMatchObject({
      ok: true,
      policy: { genesis: { kind: 'udp', bridge: BRIDGE }, target: HOMEWORK_TARGET },
    });
    expect(readRoomLink('r=a&g=new&target=2**240&spacing=5000&unknown=1&&=&x')).toMatchObject({
      ok: true,
      policy: { target: 1n << 240n, spacingMs: 5000 },
    });
    expect(readRoomLink('r=a&g=new&target=2%2A%2A240')).toMatchObject({
      ok: true,
      policy: { target: 1n << 240n },
    });
    expect(readRoomLink(`r=a&g=udp&bridge=${BRIDGE}&min-spacing=0`)).toMatchObject({
      ok: true,
      policy: { minSpacingMs: 0 },
    });
  });

  it.each([
    ['', /names no room/],
    ['https://host.example/', /names no room/],
    ['g=new', /names no room/],
    ['r=&g=new', /names no room/],
    ['r=Room&g=new', /names no room/],
    ['r=a b&g=new', /names no room/],
    ['r=-a&g=new', /names no room/],
    ['r=a-&g=new', /names no room/],
    [`r=${'a'.repeat(33)}&g=new`, /names no room/],
    ['r=%e0%a4%a&g=new', /names no room/],
    ['r=a%0a&g=new', /names no room/],
    ['r=a', /names no genesis/],
    ['r=a&g=', /names no genesis/],
    ['r=a&g=old', /names no genesis/],
    [`r=a&g=${HASH.slice(1)}`, /names no genesis/],
    [`r=a&g=${HASH}0`, /names no genesis/],
    ['r=a&g=udp', /names no genesis/],
    ['r=a&g=udp&bridge=me', /names no genesis/],
    [`r=a&g=udp&bridge=${HASH}`, /names no genesis/],
    ['r=a&g=new&target=0', /target/],
    ['r=a&g=new&target=', /target/],
    ['r=a&g=new&target=2**256', /target/],
    ['r=a&g=new&spacing=99', /^spacing/],
    ['r=a&g=new&spacing=0', /^spacing/],
    ['r=a&g=new&spacing=86400001', /^spacing/],
    ['r=a&g=new&spacing=1e4', /^spacing/],
    ['r=a&g=new&spacing=-1000', /^spacing/],
    ['r=a&g=new&spacing=', /^spacing/],
    [`r=a&g=udp&bridge=${BRIDGE}&min-spacing=1`, /^min-spacing/],
    [`r=a&g=udp&bridge=${BRIDGE}&min-spacing=x`, /^min-spacing/],
    [`r=a&g=udp&bridge=${BRIDGE}&data-limit=599`, /^data-limit/],
    [`r=a&g=udp&bridge=${BRIDGE}&data-limit=4097`, /^data-limit/],
    [`r=a&g=udp&bridge=${BRIDGE}&data-limit=1e3`, /^data-limit/],
    [`r=a&g=new&x=${'x'.repeat(ROOM_LINK_LIMIT_CHARS)}`, /too long/],
  ])('%s is refused with a sentence', (link, reason) => {
    expect(readRoomLink(link)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  it('of any text is a policy or a sentence, and never an error', () => {
    const parts = fc.array(
      fc.oneof(
        anyText,
        fc.constantFrom('r=a', 'g=new', '&', '#', '=', '%', `g=${HASH}`, 'target=', 'spacing='),
      ),
    );
    fc.assert(
      fc.property(parts, (texts) => {
        const result = readRoomLink(texts.join('&'));
        if (result.ok) {
          expect(result.policy.room).toMatch(ROOM_CODE);
          expect(readRoomLink(writeRoomFragment(result.policy)).ok).toBe(true);
        } else expect(result.reason.length).toBeGreaterThan(10);
      }),
      { numRuns: 500 },
    );
  });
});
