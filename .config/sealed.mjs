/**
 * Runs a command in a network namespace of its own: nothing outside can be reached, and no port is taken.
 */
import { runQuietly, Trouble } from './bootstrap/process.mjs';

/**
 * WebRTC wants an interface with an address and a default route beside `lo`; the way leads to the other end of a
 * cable inside the namespace. Where the kernel has no such cable, browsers make do with `lo`.
 */
const SETUP = `
  PATH="$PATH:/usr/sbin:/sbin"
  ip link set lo up || exit 1
  ip link add tabchain0 type veth peer name tabchain1 2>/dev/null && ip link set tabchain1 up ||
    ip link add tabchain0 type dummy 2>/dev/null
  ip addr add 10.77.0.1/24 dev tabchain0 2>/dev/null && ip link set tabchain0 up &&
    ip route add default via 10.77.0.2
  TABCHAIN_SEALED=1 exec "$@"
`;
const PROBE_TIMEOUT_MS = 20_000;

/**
 * The program and arguments that run this command sealed. Root may always unshare the network; others may where the
 * kernel lets them be root of a user namespace. Where neither is so, it throws, unless TABCHAIN_NO_NAMESPACES=1 says
 * that the open network will do.
 */
export async function sealCommand(program, args) {
  if (process.env.TABCHAIN_NO_NAMESPACES === '1') return [program, args];
  const ways = [['--net'], ['--map-root-user', '--net']];
  for (const way of ways) {
    const seal = (command) => [...way, 'sh', '-c', SETUP, 'sh', ...command];
    const probe = await runQuietly('unshare', seal(['true']), { timeoutMs: PROBE_TIMEOUT_MS });
    if (probe.ok) return ['unshare', seal([program, ...args])];
  }
  throw new Trouble(
    'This machine does not let the tests make a network namespace: run them as root, or set TABCHAIN_NO_NAMESPACES=1 to run them on the open network.',
    2,
  );
}
