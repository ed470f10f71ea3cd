import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEIGHBOURS_LIMIT, readConfig } from '../../lib/tcp-peer/config.ts';

describe('a config file', () => {
  it('names neighbours by id and port, or by id, host and port', () => {
    expect(readConfig('3\nB 6001\r\nC 192.168.1.5:6002\n\nD  host.example:6003  \n')).toEqual({
      ok: true,
      neighbours: [
        { id: 'B', host: '127.0.0.1', port: 6001 },
        { id: 'C', host: '192.168.1.5', port: 6002 },
        { id: 'D', host: 'host.example', port: 6003 },
      ],
    });
    expect(readConfig('0')).toEqual({ ok: true, neighbours: [] });
  });

  it.each([
    ['', 'The first line should be the number of neighbours, as 2.'],
    ['B 6001', 'The first line should be the number of neighbours, as 2.'],
    ['2\nB 6001', 'The first line promises 2 neighbours, and 1 lines follow.'],
    ['1\nB', 'Line 2 should be an id and a port, as B 6001.'],
    ['1\nB 6001 x', 'Line 2 should be an id and a port, as B 6001.'],
    ['1\nB 0', 'Line 2: "0" is no port: write a number from 1 to 65535.'],
    ['1\nB 65536', 'Line 2: "65536" is no port: write a number from 1 to 65535.'],
    ['2\nB 6001\nB 6002', 'Line 3 names B a second time.'],
    [`${NEIGHBOURS_LIMIT + 1}`, 'At most 64 neighbours are possible.'],
  ])('%j is refused with a sentence', (text, message) => {
    expect(readConfig(text)).toEqual({ ok: false, message });
  });

  it('of any content is answered with a value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof readConfig(text).ok).toBe('boolean');
      }),
    );
  });
});
