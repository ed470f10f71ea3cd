import { describe, expect, it } from 'vitest';
import {
  hostForSelf,
  isForOthers,
  listHostNames,
  listPageAddresses,
  ownAddress,
} from '../../lib/node/page-place.ts';

const lanAddresses = [
  { ip: '192.168.1.7', interfaceName: 'wlan0', virtual: false },
  { ip: 'fd00::2', interfaceName: 'eth0', virtual: false },
];
const place = {
  scheme: 'https',
  host: '0.0.0.0',
  port: 8443,
  lanAddresses,
  publicUrl: null,
} as const;

describe('where the page is', () => {
  it('is every network address of a server that listens on all', () => {
    expect(ownAddress(place)).toBe('https://localhost:8443/');
    expect(listPageAddresses(place)).toEqual([
      'https://192.168.1.7:8443/',
      'https://[fd00::2]:8443/',
    ]);
    expect(listHostNames(place)).toEqual([
      ...['localhost', '127.0.0.1', '::1', '192.168.1.7', 'fd00::2'],
    ]);
  });

  it('is one address of a server that listens on one', () => {
    const single = { ...place, host: '::1' };
    expect(ownAddress(single)).toBe('https://[::1]:8443/');
    expect(listPageAddresses(single)).toEqual([]);
    expect(listHostNames({ ...place, host: 'class.lan' })).toContain('class.lan');
  });

  it('is first of all where its owner says that everybody reaches it', () => {
    const publicUrl = 'https://class.example/tab/';
    expect(listPageAddresses({ ...place, host: '127.0.0.1', publicUrl })).toEqual([publicUrl]);
    expect(listPageAddresses({ ...place, publicUrl })[0]).toBe(publicUrl);
  });

  it("leaves out the port that is the scheme's own", () => {
    const named = { ...place, host: 'a' };
    expect(ownAddress({ ...named, port: 443 })).toBe('https://a/');
    expect(ownAddress({ ...named, scheme: 'http', port: 80 })).toBe('http://a/');
    expect(ownAddress({ ...named, scheme: 'http', port: 443 })).toBe('http://a:443/');
  });

  it('is within reach of others, but for loopback addresses', () => {
    expect(['0.0.0.0', '::', '10.0.0.1', 'class.lan'].map(isForOthers)).not.toContain(false);
    expect(['localhost', '127.0.0.2', '::1'].map(isForOthers)).not.toContain(true);
  });

  it('is reached from this machine by an address that can be dialled', () => {
    expect(['0.0.0.0', '::', '::1', '10.0.0.1'].map(hostForSelf)).toEqual([
      ...['127.0.0.1', '[::1]', '[::1]', '10.0.0.1'],
    ]);
  });
});
