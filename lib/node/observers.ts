/**
 * What a running peer tells beside its links: a status page, a log, and sentences for its user.
 */
import type { RoomSession } from '../drivers/session.ts';
import type { StoredListener } from '../drivers/storage/chain-store.ts';
import type { UdpAddress } from '../drivers/udp/address.ts';
import type { PeerEvent } from '../peer/inputs.ts';
import { openLogFile, type LogFile } from './log-file.ts';
import { writeJsonLine, writeTextLine, type LogEntry } from './log-lines.ts';
import { RefusalFilter, type LoggedRefusal } from './refusal-filter.ts';
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
  flags: {
    readonly status: UdpAddress | null;
    readonly logDir: string | null;
    readonly logJson: boolean;
  },
  terminal: Terminal,
): Promise<{ ok: true; observers: Observers } | { ok: false; message: string }> {
  let file: LogFile | null = null;
  const refusals = new RefusalFilter();
  let closeStatus = async () => {};
  if (flags.logDir !== null) {
    const complain = (message: string) => terminal.complain(message);
    const outcome = await openLogFile(flags.logDir, nodeId, complain, flags.logJson);
    if (!outcome.ok) return outcome;
    file = outcome.log;
  }
  // For containers, whose output is their log.
  const append = file?.write ?? ((line: string) => terminal.print(line));
  const log = file === null && !flags.logJson ? null : write;
  log?.({ kind: 'starts' });

  function write(entry: LogEntry): void {
    const time = new Date().toISOString();
    append(flags.logJson ? writeJsonLine(nodeId, entry, time) : writeTextLine(nodeId, entry));
  }
  function writeRefusal(logged: LoggedRefusal | null): void {
    if (logged === null) return;
    log?.({ kind: 'event', event: logged.refusal, omitted: logged.omitted });
  }

  const observers: Observers = {
    onEvent(event) {
      if (event.kind !== 'refused') log?.({ kind: 'event', event });
      else if (log !== null) writeRefusal(refusals.take(event, performance.now()));
    },
    onStored: (entries) => {
      for (const { hash, height } of entries) log?.({ kind: 'stored', hash, height });
    },
    onWarning(message) {
      terminal.complain(message);
      log?.({ kind: 'warning', message });
    },
    async showStatus(session) {
      if (flags.status === null) return { ok: true };
      const outcome = await startStatusServer(flags.status, session);
      if (!outcome.ok) return outcome;
      closeStatus = () => outcome.server.close();
      const { url } = outcome.server;
      const sentence = `Status at ${url}/status, the chain at ${url}/chain, figures for Prometheus at ${url}/metrics`;
      // A program that reads our output as JSON lines wants nothing else there.
      if (flags.logJson && flags.logDir === null) terminal.complain(sentence);
      else terminal.print(sentence);
      return { ok: true };
    },
    async close() {
      await closeStatus();
      for (const refusal of refusals.rest()) writeRefusal(refusal);
      log?.({ kind: 'ends' });
      await file?.close();
    },
  };
  return { ok: true, observers };
}
