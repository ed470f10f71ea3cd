import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { listLanAddresses } from '../../lib/node/lan-addresses.ts';

function info(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, internal, netmask: '', mac: '', cidr: null };
  return address.includes(':')
    ? { ...common, family: 'IPv6', scopeid: 0 }
    : { ...common, family: 'IPv4' };
}

describe('the addresses of this machine', () => {
  it('list Wi-Fi and cable first, and VPNs and containers last', () => {
    const listed = listLanAddresses({
      lo: [info('127.0.0.1', true)],
      docker0: [info('172.17.0.1')],
      tun0: [info('10.8.0.2')],
      'br-1a2b': [info('172.18.0.1')],
      tailscale0: [info('100.64.0.1')],
      utun3: [info('10.9.0.1')],
      vmnet8: [info('192.168.99.1')],
      'vEthernet (WSL)': [info('172.20.0.1')],
      mystery: [info('192.168.5.5')],
      en7: [info('169.254.1.2')],
      wlan0: [info('192.168.1.7'), info('fe80::1')],
      eth0: [info('10.0.0.3')],
    });
    expect(listed.map(({ ip }) => ip)).toEqual([
      '192.168.1.7',
      '10.0.0.3',
      '192.168.5.5',
      '169.254.1.2',
      '172.17.0.1',
      '10.8.0.2',
      '172.18.0.1',
      '100.64.0.1',
      '10.9.0.1',
      '192.168.99.1',
      '172.20.0.1',
    ]);
    expect(listed.map(({ virtual }) => virtual).indexOf(true)).toBe(4);
  });

  it('are IPv6 ones only where there is no IPv4', () => {
    expect(
      listLanAddresses({ eth0: [info('fe80::2'), info('2001:db8::7')] }).map(({ ip }) => ip),
    ).toEqual(['2001:db8::7']);
    expect(listLanAddresses({ lo: [info('::1', true)] })).toEqual([]);
  });
});
