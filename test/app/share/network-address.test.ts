import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, readNetworkAddress } from '../../../app/share/network-address.ts';

describe('the address that a shared link holds', () => {
  it('is never one that works on this machine only, whatever the server answers', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.array(fc.oneof(fc.webUrl(), fc.anything())),
        (record, addresses) => {
          for (const answer of [record, { addresses }]) {
            const address = readNetworkAddress(answer);
            if (address !== null) expect(isLoopbackAddress(address)).toBe(false);
          }
        },
      ),
    );
  });

  it('is the first one that others reach', () => {
    const addresses = [
      'http://localhost:8080/',
      'http://192.168.1.5:8080/',
      'http://10.0.0.2:8080/',
    ];
    expect(readNetworkAddress({ addresses })).toBe('http://192.168.1.5:8080/');
    expect(readNetworkAddress({ addresses: [] })).toBeNull();
    expect(readNetworkAddress({ fragment: 'r=a' })).toBeNull();
  });

  it.each([
    'http://localhost:8080/',
    'http://127.0.0.2/',
    'http://[::1]:80/',
    'https://localhost/room/',
  ])('tells that %s works here only', (address) => expect(isLoopbackAddress(address)).toBe(true));

  it.each(['http://192.168.1.5:8080/', 'http://localhost.example/', 'http://127.example.org/'])(
    'tells that others reach %s',
    (address) => expect(isLoopbackAddress(address)).toBe(false),
  );
});
