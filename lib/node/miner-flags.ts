/**
 * Reads the words after `miner`: `<addr> <others> [genesis]`, and flags (R6).
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { PreviousField } from '../chain/codec.ts';
import type { UdpRoot } from '../peer/genesis.ts';
import type { UdpAddress } from '../drivers/udp/address.ts';
import {
  readAddress,
  readAddresses,
  readDataLimitFlag,
  readDefaultPort,
  readField,
  readFolder,
  readName,
  readPower,
  readRoomFlag,
  readStatus,
  readTargetFlag,
  readThreads,
  readUdpRoot,
  readWords,
  WrongWord,
  type FlagsOutcome,
  type RoomFlag,
} from './flag-values.ts';

/** What `miner` was asked for. */
export interface MinerFlags {
  /** Where to hear UDP miners; null for a peer of a room alone. */
  readonly udp: UdpAddress | null;
  readonly others: readonly UdpAddress[];
  /** Whether to mine and broadcast the first block. */
  readonly genesis: boolean;
  readonly udpRoot: UdpRoot;
  /** The room to join over WebRTC: its policy, and the page's address, whose server introduces peers. */
  readonly room: RoomFlag | null;
  readonly mine: boolean;
  readonly threads: number | null;
  /** The share of their time that search threads work, from 0.01 to 1. */
  readonly power: number;
  readonly target: bigint | null;
  readonly field: PreviousField;
  /** Bytes of data that our blocks have at most; null leaves it to the room. */
  readonly dataLimitBytes: number | null;
  readonly status: UdpAddress | null;
  readonly logDir: string | null;
  /** Whether each line of the log is a JSON object. */
  readonly logJson: boolean;
  /** Where the chain and the key are kept; null keeps them in memory. */
  readonly storeDir: string | null;
  readonly name: string | null;
}

const MINER_OPTIONS = {
  room: { type: 'string' },
  fingerprint: { type: 'string' },
  'no-mine': { type: 'boolean' },
  threads: { type: 'string' },
  power: { type: 'string' },
  target: { type: 'string' },
  'genesis-hash': { type: 'string' },
  'any-root': { type: 'boolean' },
  'default-port': { type: 'string' },
  field: { type: 'string' },
  'data-limit': { type: 'string' },
  status: { type: 'string' },
  'log-dir': { type: 'string' },
  'log-json': { type: 'boolean' },
  store: { type: 'string' },
  name: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the words after `miner`. */
export function readMinerFlags(words: readonly string[]): FlagsOutcome<MinerFlags> {
  return readWords(words, () => {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: MINER_OPTIONS,
      allowPositionals: true,
    });
    if (values.help === true) return { kind: 'help' };
    const roomAlone = positionals.length === 0 && values.room !== undefined;
    if (positionals.length < 2 && !roomAlone) return { kind: 'usage' };
    const [addressText = '', othersText = '', genesisText] = positionals;
    if (positionals.length > 3 || (genesisText !== undefined && genesisText !== 'genesis'))
      throw new WrongWord(
        `"${positionals[3] ?? genesisText}" is not understood: after the addresses only the word "genesis" may follow.`,
      );
    const defaultPort = readDefaultPort(values['default-port']);
    const room = readRoomFlag(values.room, values.fingerprint);
    if (room !== null && genesisText !== undefined)
      throw new WrongWord(
        '"genesis" and --room exclude each other: the genesis of a room is in its link.',
      );
    if (room !== null && values.target !== undefined)
      throw new WrongWord(
        '--target and --room exclude each other: the target of a room is in its link.',
      );
    const udpRoot = readUdpRoot(values['genesis-hash'], values['any-root']);
    if ((udpRoot.hash !== null || udpRoot.any) && (room !== null || genesisText !== undefined))
      throw new WrongWord(
        '--genesis-hash and --any-root belong to a miner that hears its genesis from others: leave them out, or "genesis" and --room.',
      );
    return {
      kind: 'flags',
      flags: {
        udp: roomAlone ? null : readAddress(addressText, defaultPort, '<addr>'),
        others: roomAlone ? [] : readAddresses(othersText, defaultPort, '<others>'),
        genesis: genesisText !== undefined,
        udpRoot,
        room,
        mine: values['no-mine'] !== true,
        threads: readThreads(values.threads),
        power: readPower(values.power),
        target: readTargetFlag(values.target),
        field: readField(values.field),
        dataLimitBytes: readDataLimitFlag(values['data-limit']),
        status: readStatus(values.status),
        logDir: readFolder(values['log-dir'], '--log-dir'),
        logJson: values['log-json'] === true,
        storeDir: readFolder(values.store, '--store'),
        name: readName(values.name),
      },
    };
  });
}
