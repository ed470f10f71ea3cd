import { describe, expect, it } from 'vitest';
import {
  canonicalIp,
  readPort,
  readUdpAddress,
  writeUdpAddress,
} from '../../../lib/drivers/udp/address.ts';

describe('the address of a UDP miner', () => {
  it.each([
    ['miner.1', 'miner.1', 5000],
    ['miner_2', 'miner_2', 5000],
    ['miner.1:6001', 'miner.1', 6001],
    ['127.0.0.1:7', '127.0.0.1', 7],
    ['::1', '::1', 5000],
    ['[::1]', '::1', 5000],
    ['[fe80::1]:6001', 'fe80::1', 6001],
    [' localhost ', 'localhost', 5000],
  ])('%s is read as host %s and port %i', (text, host, port) => {
    expect(readUdpAddress(text, 5000)).toEqual({ ok: true, address: { host, port } });
  });

  it.each([
    '',
    ':5000',
    'a b',
    'a:',
    'a:0',
    'a:65536',
    'a:-1',
    'a:x',
    '[::1',
    '[host]:5',
    '1.2.3',
    '1.2.3.4.5',
    '-a',
    'a/b',
    'a:1:2',
    'x'.repeat(254),
  ])('"%s" is refused with a sentence', (text) => {
    const result = readUdpAddress(text, 5000);
    expect(result.ok).toBe(false);
    expect(!result.ok && result.reason).toMatch(/names no host|is no port/);
  });

  it('is written as it is read', () => {
    for (const text of ['miner.1:6001', '127.0.0.1:7', '[fe80::1]:6001']) {
      const result = readUdpAddress(text, 1);
      expect(result.ok && writeUdpAddress(result.address)).toBe(text);
    }
  });

  it('has one canonical form for each IP address', () => {
    expect(canonicalIp('::ffff:10.0.0.1')).toBe('10.0.0.1');
    expect(canonicalIp('FE80:0:0::1%eth0')).toBe('fe80::1');
    expect(canonicalIp('10.0.0.1')).toBe('10.0.0.1');
  });

  it('has a port from 0 to 65535, in digits', () => {
    expect(['0', '65535', '65536', '1e3', '', '-1', '123456'].map(readPort)).toEqual([
      0,
      65535,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
