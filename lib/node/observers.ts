/**
 * What a running peer tells beside its links: a status page, a log, and sentences for its user.
 */
import type { RoomSession } from '../drivers/session.ts';
import type { StoredListener } from '../drivers/storage/chain-store.ts';
import type { UdpAddress } from '../drivers/udp/address.ts';
import type { PeerEvent } from '../peer/inputs.ts';
import { describeEvent } from './event-text.ts';
import { openLogFile, type LogFile } from './log-file.ts';
import { startStatusServer } from './status-server.ts';
import type { Terminal } from './terminal.ts';

/** Listens for a peer that is still to be made: hand these two to its maker. */
export interface Observers {
  readonly onEvent: (event: PeerEvent) => void;
  readonly onWarning: (message: string) => void;
  readonly onStored: StoredListener;
  /** Starts the status page of the session, where one was asked for. */
  showStatus(session: RoomSession): Promise<ObserversOutcome>;
  close(): Promise<void>;
}

export type ObserversOutcome =
  { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Opens the log, where one was asked for. */
export async function openObservers(
  nodeId: string,
  flags: { readonly status: UdpAddress | null; readonly logDir: string | null },
  terminal: Terminal,
): Promise<{ ok: true; observers: Observers } | { ok: false; message: string }> {
  let log: LogFile | null = null;
  let closeStatus = async () => {};
  if (flags.logDir !== null) {
    const outcome = await openLogFile(flags.logDir, nodeId, (message) =>
      terminal.complain(message),
    );
    if (!outcome.ok) return outcome;
    log = outcome.log;
    log.write(`node ${nodeId} starts`);
  }
  const observers: Observers = {
    onEvent: (event) => log?.write(describeEvent(event)),
    onStored: (entries) => {
      for (const { hash, height } of entries) log?.write(`stored ${hash} at height ${height}`);
    },
    onWarning(message) {
      terminal.complain(message);
      log?.write(`warning: ${message}`);
    },
    async showStatus(session) {
      if (flags.status === null) return { ok: true };
      const outcome = await startStatusServer(flags.status, session);
      if (!outcome.ok) return outcome;
      closeStatus = () => outcome.server.close();
      terminal.print(
        `Status at ${outcome.server.url}/status, the chain at ${outcome.server.url}/chain`,
      );
      return { ok: true };
    },
    async close() {
      await closeStatus();
      log?.write(`node ${nodeId} ends`);
      await log?.close();
    },
  };
  return { ok: true, observers };
}
