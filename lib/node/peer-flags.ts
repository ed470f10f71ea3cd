/**
 * Reads the words after `peer`: `<id> <port> <config>`, and flags (R22).
 */
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { isPeerId } from '../tcp-peer/config.ts';
import { HEARTBEAT_MS, POLL_MS } from '../tcp-peer/running-peer.ts';
import type { TimestampFormat } from '../tcp-peer/timestamp.ts';
import {
  readFolder,
  readPortFlag,
  readRoomFlag,
  readSpacingFlag,
  readWords,
  WrongWord,
  type FlagsOutcome,
  type RoomFlag,
} from './flag-values.ts';

/** What `peer` was asked for. */
export interface PeerFlags {
  readonly id: string;
  readonly port: number;
  readonly configPath: string;
  readonly host: string;
  readonly mines: boolean;
  readonly heartbeatMs: number;
  readonly pollMs: number;
  readonly timestampFormat: TimestampFormat;
  readonly checksHashes: boolean;
  /** The room whose notes become transactions here, and the reverse. */
  readonly room: RoomFlag | null;
  readonly logDir: string | null;
}

const PEER_OPTIONS = {
  host: { type: 'string' },
  room: { type: 'string' },
  fingerprint: { type: 'string' },
  'no-mine': { type: 'boolean' },
  heartbeat: { type: 'string' },
  poll: { type: 'string' },
  timestamps: { type: 'string' },
  'any-hashes': { type: 'boolean' },
  'log-dir': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the words after `peer`. */
export function readPeerFlags(words: readonly string[]): FlagsOutcome<PeerFlags> {
  return readWords(words, () => {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: PEER_OPTIONS,
      allowPositionals: true,
    });
    if (values.help === true) return { kind: 'help' };
    const [id, port, config, more] = positionals;
    if (id === undefined || port === undefined || config === undefined) return { kind: 'usage' };
    if (more !== undefined)
      throw new WrongWord(`"${more}" is not understood: after the config file only flags follow.`);
    if (!isPeerId(id))
      throw new WrongWord(
        `<id> "${id}" is no id: write up to 32 letters, digits, dots or hyphens, as A.`,
      );
    return {
      kind: 'flags',
      flags: {
        id,
        port: readPortFlag(port, '<port>', true),
        configPath: resolve(config),
        host: readHost(values.host),
        mines: values['no-mine'] !== true,
        heartbeatMs: readSpacingFlag(values.heartbeat, '--heartbeat', false) ?? HEARTBEAT_MS,
        pollMs: readSpacingFlag(values.poll, '--poll', false) ?? POLL_MS,
        timestampFormat: readTimestampFormat(values.timestamps),
        checksHashes: values['any-hashes'] !== true,
        room: readRoomFlag(values.room, values.fingerprint),
        logDir: readFolder(values['log-dir'], '--log-dir'),
      },
    };
  });
}

/** As in the seed, a peer is for this machine, unless its user says otherwise. */
function readHost(text: string | undefined): string {
  if (text === undefined) return '127.0.0.1';
  if (text === '')
    throw new WrongWord('--host needs an address, as 0.0.0.0 for all of this machine.');
  return text;
}

function readTimestampFormat(text: string | undefined): TimestampFormat {
  if (text === undefined) return 'iso';
  if (text === 'iso' || text === 'ctime' || text === 'epoch') return text;
  throw new WrongWord(`--timestamps "${text}" is unknown: write iso, ctime or epoch.`);
}
