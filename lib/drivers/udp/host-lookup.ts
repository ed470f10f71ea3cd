/**
 * Turns host names into IP addresses, by the system's own resolver, so that names of containers and hosts files work.
 */
import { lookup } from 'node:dns/promises';

/** All IP addresses of a name, the preferred first; rejects or gives none where the name is unknown. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** The system's answer, as {@link LookUp}. */
export const lookUpBySystem: LookUp = async (host) =>
  (await lookup(host, { all: true })).map((entry) => entry.address);

/** The addresses of a host; none where the name is unknown or the resolver fails. Never rejects. */
export async function resolveHost(
  host: string,
  lookUp: LookUp = lookUpBySystem,
): Promise<readonly string[]> {
  try {
    return await lookUp(host);
  } catch {
    return [];
  }
}
