/**
 * The addresses under which others on the local network may reach this machine, the likeliest first.
 */
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/**
 * Interfaces of containers, virtual machines and VPNs: phones on the Wi-Fi do not reach these, so they come last.
 * The names are those that the usual programs give on Linux, macOS and Windows.
 */
const VIRTUAL_INTERFACE =
  /^(docker|br-|veth|virbr|lxc|lxd|podman|cni|flannel|cali|kube|tun|tap|wg|tailscale|ts\d|zt|utun|ppp|ipsec|vmnet|vmware|vboxnet|virtualbox|bridge\d|llw|awdl|anpi|vethernet|nordlynx|proton|hamachi)|vpn|wsl|hyper-v|zerotier|tailscale|virtual|loopback/i;

/** Interfaces that carry Wi-Fi or cable on the usual systems: `wlan0`, `wlp3s0`, `en0`, `eth0`, `enp4s0`, `Wi-Fi`. */
const PHYSICAL_INTERFACE = /^(wl|en|eth|wi-?fi|ethernet)/i;

/** RFC 1918: what home, school and campus networks give. */
const PRIVATE_IPV4 = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** RFC 3927: an interface that got no address from anyone. */
const LINK_LOCAL_IPV4 = /^169\.254\./;

export interface LanAddress {
  /** IPv4, or IPv6 where the machine has no IPv4. */
  readonly ip: string;
  readonly interfaceName: string;
  /** Of a VPN, container or virtual machine. */
  readonly virtual: boolean;
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * All addresses of this machine but loopback ones: Wi-Fi and cable first, then the unknown, those of VPNs and
 * containers last. IPv6 addresses are listed where there is no IPv4 at all; those valid on one link only never work
 * in a browser's address line and are left out.
 */
export function listLanAddresses(interfaces: Interfaces = networkInterfaces()): LanAddress[] {
  const all = Object.entries(interfaces).flatMap(([interfaceName, infos]) =>
    (infos ?? [])
      .filter((info) => !info.internal && !(info.family === 'IPv6' && /^fe80:/i.test(info.address)))
      .map((info) => ({
        ip: info.address,
        family: info.family,
        interfaceName,
        virtual: VIRTUAL_INTERFACE.test(interfaceName),
      })),
  );
  const ipv4 = all.filter((entry) => entry.family === 'IPv4');
  // Array.sort is stable: the system's own order stays among equals.
  return (ipv4.length > 0 ? ipv4 : all)
    .sort((a, b) => rank(a) - rank(b))
    .map(({ ip, interfaceName, virtual }) => ({ ip, interfaceName, virtual }));
}

function rank(address: LanAddress): number {
  if (address.virtual) return 3;
  if (LINK_LOCAL_IPV4.test(address.ip)) return 2;
  if (!PHYSICAL_INTERFACE.test(address.interfaceName)) return 1;
  return PRIVATE_IPV4.test(address.ip) ? 0 : 0.5;
}
