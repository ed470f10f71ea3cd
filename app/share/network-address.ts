/**
 * Under which address others on the network reach a page that was opened on its server's own machine.
 */

/** Whether an address works on this machine only. */
export function isLoopbackAddress(address: string): boolean {
  return /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?\//.test(address);
}

/** The likeliest of the addresses that a server's record of a room names, or null where it names none that others reach. */
export function readNetworkAddress(record: unknown): string | null {
  if (typeof record !== 'object' || record === null || !('addresses' in record)) return null;
  const { addresses } = record;
  if (!Array.isArray(addresses)) return null;
  const usable = addresses.filter(
    (address): address is string =>
      typeof address === 'string' &&
      /^https?:\/\/[^/]+\//.test(address) &&
      !isLoopbackAddress(address),
  );
  return usable[0] ?? null;
}

/** Asks the page's server; null where it does not answer or knows none. */
export async function findNetworkAddress(room: string): Promise<string | null> {
  try {
    const response = await fetch(`rooms/${room}`);
    return response.ok ? readNetworkAddress(await response.json()) : null;
  } catch {
    return null;
  }
}
