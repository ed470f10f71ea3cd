import { describe, expect, it } from 'vitest';
import { NO_PREVIOUS_HASH } from '../../lib/chain/block.ts';
import { KEY_SEED_BYTES, makeKeyPair } from '../../lib/ledger/account.ts';
import { ROOM_CODE } from '../../lib/net/room-link.ts';
import { makeRoomCode } from '../../lib/node/room-code.ts';
import { chooseRoom } from '../../lib/node/room-choice.ts';
import { readStartFlags, type StartFlags } from '../../lib/node/start-flags.ts';
import type { RoomState } from '../../lib/node/state-folder.ts';

const keys = makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(7));
const genesis = {
  data: new Uint8Array(),
  previousHash: NO_PREVIOUS_HASH,
  proofOfWork: new Uint8Array(8),
};
const classRoom: RoomState = {
  room: 'abc',
  keys,
  setting: { kind: 'class', target: 1n << 232n, spacingMs: 10_000, genesis },
};
const bridgedRoom: RoomState = {
  room: 'abc',
  keys,
  setting: {
    kind: 'bridge',
    target: 1n << 235n,
    minSpacingMs: 1000,
    dataLimitBytes: 4096,
    udp: { host: 'a', port: 5000 },
    miners: [{ host: 'b', port: 5000 }],
  },
};

function flags(line = ''): StartFlags {
  const outcome = readStartFlags(line === '' ? [] : line.split(' '));
  if (outcome.kind !== 'flags') throw new Error(line);
  return outcome.flags;
}

describe('the room that start serves', () => {
  it('is a new one of a class where none is kept', () => {
    const choice = chooseRoom(flags('--room xyz'), null);
    expect(choice).toEqual({
      kind: 'create',
      newRoom: { kind: 'class', room: 'xyz', target: 1n << 232n, spacingMs: 10_000 },
    });
  });

  it('is a new bridged one where UDP miners are given', () => {
    const choice = chooseRoom(
      flags('--udp a --miners b,c:7 --min-spacing 2s --data-limit 670'),
      null,
    );
    expect(choice).toMatchObject({
      kind: 'create',
      newRoom: {
        kind: 'bridge',
        target: 1n << 235n,
        minSpacingMs: 2000,
        dataLimitBytes: 670,
        miners: [
          { host: 'b', port: 5000 },
          { host: 'c', port: 7 },
        ],
      },
    });
  });

  it.each(['', '--room abc', '--target 2**232', '--spacing 10s', '--port 0'])(
    'is the kept one with "%s"',
    (line) => {
      expect(chooseRoom(flags(line), classRoom)).toEqual({ kind: 'resume', state: classRoom });
    },
  );

  it('is the kept bridged one, also where its miners have moved', () => {
    expect(chooseRoom(flags(), bridgedRoom)).toEqual({ kind: 'resume', state: bridgedRoom });
    expect(chooseRoom(flags('--udp x --miners y'), bridgedRoom)).toMatchObject({
      kind: 'resume',
      state: { room: 'abc', setting: { udp: { host: 'x' }, miners: [{ host: 'y' }] } },
    });
  });

  it.each([
    ['--room xyz', classRoom],
    ['--target 2**233', classRoom],
    ['--spacing 5s', classRoom],
    ['--udp a --miners b', classRoom],
    ['--spacing 5s', bridgedRoom],
    ['--target 2**233', bridgedRoom],
    ['--udp a --miners b --min-spacing 0', bridgedRoom],
    ['--udp a --miners b --data-limit 670', bridgedRoom],
  ])('is refused where %s contradicts the kept one, unless a new one is wanted', (line, stored) => {
    const choice = chooseRoom(flags(line), stored);
    expect(choice).toMatchObject({ kind: 'contradiction' });
    const message = choice.kind === 'contradiction' ? choice.message : '';
    expect(message).toContain('--new');
    expect(message).not.toContain('\n');
    expect(chooseRoom(flags(`${line} --new`), stored)).toMatchObject({ kind: 'create' });
  });

  it('gets a code that fits into a link', () => {
    const codes = Array.from({ length: 100 }, makeRoomCode);
    expect(codes.every((code) => ROOM_CODE.test(code))).toBe(true);
    expect(new Set(codes).size).toBeGreaterThan(90);
  });
});
