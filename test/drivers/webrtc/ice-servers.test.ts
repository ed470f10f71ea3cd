import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ICE_SERVERS_LIMIT,
  readIceServer,
  readIceServers,
} from '../../../lib/drivers/webrtc/ice-servers.ts';
import { NO_HINTS, readRoomHints } from '../../../lib/drivers/room-hints.ts';

describe('a server that a command line names', () => {
  it('is handed on to tabs as it was read', () => {
    const word = fc.stringMatching(/^[ -~]{1,20}$/);
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    );
    fc.assert(
      fc.property(word, word, host, fc.integer({ min: 1, max: 65_535 }), (user, pass, at, port) => {
        const login = `${encodeURIComponent(user)}:${encodeURIComponent(pass)}`;
        for (const text of [`turn:${login}@${at}:${port}`, `turn:${login}@${at}?transport=udp`]) {
          const result = readIceServer(text);
          if (!result.ok) throw new Error(result.reason);
          expect(result.server).toMatchObject({ username: user, credential: pass });
          expect(readIceServers(JSON.parse(JSON.stringify([result.server])))).toEqual([
            result.server,
          ]);
        }
        expect(readIceServer(`stun:${at}:${port}`)).toEqual({
          ok: true,
          server: { urls: `stun:${at}:${port}` },
        });
      }),
    );
  });

  it('is read or refused with a reason, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `turn:${text}`),
        ),
        (text) => {
          const result = readIceServer(text);
          expect(result.ok || result.reason.length > 0).toBe(true);
        },
      ),
    );
  });

  it.each([
    ...[
      '',
      'stun',
      'stun:',
      'http://a',
      'stun://a',
      'stun:a:0',
      'stun:a b',
      'stun:a?transport=udp',
    ],
    ...['stun:[::1', 'stun:[1:2]', 'stun:-a', 'turn:u@h', 'turn::p@h', 'turn:u:@h', 'turn:u:p:q@h'],
    ...[
      'turn:%ff:p@h',
      'turn:u:p@h?transport=sctp',
      'turn:u:p@h?TRANSPORT=tcp',
      `stun:${'a'.repeat(600)}`,
    ],
  ])('is refused where it is "%s"', (text) => {
    expect(readIceServer(text).ok).toBe(false);
  });
});

describe("what a room's server says", () => {
  it('never makes a server that a browser would not take, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ iceServers: fc.anything() })), (value) => {
        const { iceServers } = readRoomHints(value, 'a');
        expect(iceServers.length).toBeLessThanOrEqual(ICE_SERVERS_LIMIT);
      }),
    );
    const good = { urls: 'stun:a' };
    const bad = [null, 5, 'stun:a', { urls: ['stun:a'] }, { urls: 'x' }, { urls: 'turn:a' }];
    expect(readIceServers([...bad, good])).toEqual([good]);
    expect(readIceServers(Array.from({ length: 100 }, () => good))).toHaveLength(ICE_SERVERS_LIMIT);
    for (const value of [null, 5, 'x', [], {}, { genesis: 5 }, { genesis: {} }])
      expect(readRoomHints(value, 'a')).toEqual(NO_HINTS);
  });

  it('names its own STUN by the host that the page came by', () => {
    expect(readRoomHints({ stunPort: 8080 }, '10.0.0.1').iceServers).toEqual([
      { urls: 'stun:10.0.0.1:8080' },
    ]);
    expect(readRoomHints({ stunPort: 1 }, '[::1]').iceServers).toEqual([{ urls: 'stun:[::1]:1' }]);
    for (const stunPort of [0, -1, 1.5, 65_536, '8080', null, Number.NaN])
      expect(readRoomHints({ stunPort }, 'a').iceServers).toEqual([]);
  });
});
