/**
 * Reads the words after `start`, the command that serves a room (R28, R29).
 */
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { PreviousField } from '../chain/codec.ts';
import type { UdpAddress } from '../drivers/udp/address.ts';
import { ICE_SERVERS_LIMIT, readIceServer, type IceServer } from '../drivers/webrtc/ice-servers.ts';
import type { UdpRoot } from '../peer/genesis.ts';
import { ROOM_CODE } from '../net/room-link.ts';
import {
  readAddress,
  readAddresses,
  readDataLimitFlag,
  readDefaultPort,
  readField,
  readFolder,
  readPortFlag,
  readSpacingFlag,
  readStatus,
  readTargetFlag,
  readThreads,
  readUdpRoot,
  readWords,
  WrongWord,
  type FlagsOutcome,
} from './flag-values.ts';

export const DEFAULT_HTTP_PORT = 8080;

/** Where the certificate of https comes from. */
export type CertificateChoice =
  /** Made here, once, and kept. */
  | { readonly kind: 'own' }
  /** Files in PEM form. */
  | { readonly kind: 'given'; readonly certPath: string; readonly keyPath: string };

/** What `start` was asked for; null where its user left the choice to the stored room or to the default. */
export interface StartFlags {
  readonly port: number;
  readonly host: string;
  /** Null serves plain http. */
  readonly https: CertificateChoice | null;
  /** Where everybody reaches the page, through a proxy; ends with a slash. */
  readonly publicUrl: string | null;
  /** STUN and TURN servers that help direct links to open. */
  readonly iceServers: readonly IceServer[];
  /** Whether to answer STUN for the tabs of this room. */
  readonly stun: boolean;
  readonly room: string | null;
  /** Starts a new room, whatever the state folder holds. */
  readonly fresh: boolean;
  readonly target: bigint | null;
  readonly spacingMs: number | null;
  /** Where to hear UDP miners; null where the room has none. */
  readonly udp: UdpAddress | null;
  readonly miners: readonly UdpAddress[];
  readonly udpRoot: UdpRoot;
  readonly minSpacingMs: number | null;
  readonly field: PreviousField;
  /** Bytes of data that blocks of the room have at most; null where the flag is absent. */
  readonly dataLimitBytes: number | null;
  /** Whether the bridge searches blocks of its own. */
  readonly mine: boolean;
  readonly threads: number | null;
  readonly status: UdpAddress | null;
  readonly logDir: string | null;
  /** Whether each line of the log is a JSON object. */
  readonly logJson: boolean;
  readonly stateDir: string;
}

const START_OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  https: { type: 'boolean' },
  cert: { type: 'string' },
  key: { type: 'string' },
  'public-url': { type: 'string' },
  ice: { type: 'string', multiple: true },
  'no-stun': { type: 'boolean' },
  room: { type: 'string' },
  new: { type: 'boolean' },
  target: { type: 'string' },
  spacing: { type: 'string' },
  udp: { type: 'string' },
  miners: { type: 'string' },
  'min-spacing': { type: 'string' },
  'genesis-hash': { type: 'string' },
  'any-root': { type: 'boolean' },
  'default-port': { type: 'string' },
  field: { type: 'string' },
  'data-limit': { type: 'string' },
  mine: { type: 'boolean' },
  threads: { type: 'string' },
  status: { type: 'string' },
  'log-dir': { type: 'string' },
  'log-json': { type: 'boolean' },
  state: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the words after `start`. */
export function readStartFlags(words: readonly string[]): FlagsOutcome<StartFlags> {
  return readWords(words, () => {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: START_OPTIONS,
      allowPositionals: true,
    });
    if (values.help === true) return { kind: 'help' };
    if (positionals.length > 0)
      throw new WrongWord(`"${positionals[0]}" is not understood here: every setting is a flag.`);
    const defaultPort = readDefaultPort(values['default-port']);
    const udp = values.udp === undefined ? null : readAddress(values.udp, defaultPort, '--udp');
    const miners =
      values.miners === undefined ? [] : readAddresses(values.miners, defaultPort, '--miners');
    if (udp !== null && miners.length === 0)
      throw new WrongWord(
        '--udp needs --miners: the addresses of the UDP miners, separated by commas.',
      );
    if (udp === null) {
      for (const flag of [
        'miners',
        'min-spacing',
        'genesis-hash',
        'any-root',
        'default-port',
        'field',
        'data-limit',
        'mine',
        'threads',
        'status',
        'log-dir',
        'log-json',
      ] as const)
        if (values[flag] !== undefined)
          throw new WrongWord(
            `--${flag} belongs to a room with UDP miners: give --udp too, or leave it out.`,
          );
    } else if (values.spacing !== undefined)
      throw new WrongWord(
        '--spacing belongs to a room without UDP miners: use --min-spacing, or leave out --udp.',
      );
    if (values.room !== undefined && !ROOM_CODE.test(values.room))
      throw new WrongWord(
        `--room "${values.room}" is no room code: write 1 to 32 of a-z, 0-9 and hyphens, with no hyphen at its ends.`,
      );
    if (values.host === '') throw new WrongWord('--host needs a name or an IP address.');
    return {
      kind: 'flags',
      flags: {
        port:
          values.port === undefined ? DEFAULT_HTTP_PORT : readPortFlag(values.port, '--port', true),
        host: values.host ?? '0.0.0.0',
        https: readHttps(values.https, values.cert, values.key),
        publicUrl: readPublicUrl(values['public-url']),
        iceServers: readIceFlag(values.ice ?? []),
        stun: values['no-stun'] !== true,
        room: values.room ?? null,
        fresh: values.new === true,
        target: readTargetFlag(values.target),
        spacingMs: readSpacingFlag(values.spacing, '--spacing', false),
        udp,
        miners,
        udpRoot: readUdpRoot(values['genesis-hash'], values['any-root']),
        minSpacingMs: readSpacingFlag(values['min-spacing'], '--min-spacing', true),
        field: readField(values.field),
        dataLimitBytes: readDataLimitFlag(values['data-limit']),
        mine: values.mine === true,
        threads: readThreads(values.threads),
        status: readStatus(values.status),
        logDir: readFolder(values['log-dir'], '--log-dir'),
        logJson: values['log-json'] === true,
        stateDir: readFolder(values.state, '--state') ?? resolve('.state'),
      },
    };
  });
}

function readHttps(
  https: boolean | undefined,
  cert: string | undefined,
  key: string | undefined,
): CertificateChoice | null {
  if (cert === undefined && key === undefined) return https === true ? { kind: 'own' } : null;
  if (cert === undefined || key === undefined)
    throw new WrongWord(
      '--cert and --key go together: the file of the certificate, and that of its private key.',
    );
  if (cert === '' || key === '') throw new WrongWord('--cert and --key each need a file.');
  return { kind: 'given', certPath: resolve(cert), keyPath: resolve(key) };
}

function readPublicUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isAddress =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (!isAddress)
    throw new WrongWord(
      `--public-url "${text}" is no address of a page: write it as browsers show it, as in https://class.example/tab/.`,
    );
  // Without the slash, the page's own links would lead to the folder above.
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/** Every `--ice`, each with one server or several with commas between. */
function readIceFlag(texts: readonly string[]): IceServer[] {
  const words = texts.flatMap((text) => text.split(','));
  if (words.length > ICE_SERVERS_LIMIT)
    throw new WrongWord(`--ice names ${words.length} servers: ${ICE_SERVERS_LIMIT} are the most.`);
  return words.map((word) => {
    const result = readIceServer(word.trim());
    if (!result.ok) throw new WrongWord(`--ice ${result.reason}.`);
    return result.server;
  });
}
