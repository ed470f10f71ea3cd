/**
 * Tells the terminal what may be wrong when no other device has come to a room that is served (R28).
 */
import { networkInterfaces } from 'node:os';
import type { Terminal } from './terminal.ts';

/** A class that was shown the link comes within a minute where it can. */
const COMPANY_WAIT_MS = 60_000;

export const NOBODY_CAME =
  'No other device has reached this room for a minute. If somebody tries: a firewall on this machine may block the port, or the Wi-Fi keeps its devices apart. Use a phone\'s hotspot, or a hosted server; README.md says more ("When others cannot connect").';

export interface CompanyWatch {
  /** A connection has come from this address. */
  connected(address: string): void;
  /** From now on company is waited for. */
  begin(): void;
  close(): void;
}

/** @param ownAddresses of this machine; whoever comes from one of them is no other device. */
export function watchForCompany(
  terminal: Pick<Terminal, 'complain'>,
  ownAddresses: ReadonlySet<string> = listOwnAddresses(),
  waitMs = COMPANY_WAIT_MS,
): CompanyWatch {
  let timer: NodeJS.Timeout | undefined;
  let hasCompany = false;
  return {
    connected(address) {
      // An IPv4 address that came in through a socket of both kinds is an IPv4 address.
      if (ownAddresses.has(address.replace(/^::ffff:/i, ''))) return;
      hasCompany = true;
      clearTimeout(timer);
    },
    begin() {
      if (!hasCompany) timer = setTimeout(() => terminal.complain(NOBODY_CAME), waitMs);
    },
    close: () => clearTimeout(timer),
  };
}

function listOwnAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((infos) =>
      (infos ?? []).map(({ address }) => address),
    ),
  );
}
