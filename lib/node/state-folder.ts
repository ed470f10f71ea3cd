/**
 * Keeps a served room between two runs: its code, its key, its genesis block and its settings (R28). A damaged file is
 * refused with a sentence and never reset, because a new genesis would silently end the room of a whole class.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Block } from '../chain/block.ts';
import { isGenesisShape } from '../chain/block.ts';
import { bytesToHex, readHex } from '../chain/bytes.ts';
import { blockFromJson, blockToJson } from '../chain/codec.ts';
import { readTarget, targetToHex } from '../chain/target.ts';
import { readUdpAddress, writeUdpAddress, type UdpAddress } from '../drivers/udp/address.ts';
import { keyPairOf, type KeyPair } from '../ledger/account.ts';
import { readGenesisData } from '../ledger/genesis.ts';
import { DATA_LIMITS_BYTES } from '../ledger/payload.ts';
import { readDataLimit, ROOM_CODE, SPACING_LIMITS_MS } from '../net/room-link.ts';
import { writeWhole } from './whole-file.ts';

/** Raised when a file of before can no longer be read. */
export const STATE_VERSION = 1;
const STATE_FILE = 'room.json';
/** A genesis block with full data is under 6 kB; a longer file is none of ours. */
const STATE_LIMIT_BYTES = 64 * 1024;

/** What a room is, beside its code and key. */
export type RoomSetting =
  | {
      readonly kind: 'class';
      readonly target: bigint;
      readonly spacingMs: number;
      readonly genesis: Block;
    }
  | {
      readonly kind: 'bridge';
      readonly target: bigint;
      readonly minSpacingMs: number;
      readonly dataLimitBytes: number;
      /** Where the bridge hears UDP miners, and where they are. */
      readonly udp: UdpAddress;
      readonly miners: readonly UdpAddress[];
    };

export interface RoomState {
  readonly room: string;
  /** The server's own; its account is the bridge's node id in the room's link. */
  readonly keys: KeyPair;
  readonly setting: RoomSetting;
}

export type StateOutcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'state'; readonly state: RoomState }
  | { readonly kind: 'damaged'; readonly message: string };

export type WriteOutcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Reads the room of a state folder; the folder need not exist. */
export async function readState(stateDir: string): Promise<StateOutcome> {
  const path = join(stateDir, STATE_FILE);
  let text: string;
  try {
    const bytes = await readFile(path);
    if (bytes.length > STATE_LIMIT_BYTES) return damaged(path, 'is too long');
    text = bytes.toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { kind: 'none' };
    return damaged(path, `cannot be read (${code ?? String(error)})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return damaged(path, 'is no JSON');
  }
  if (typeof value !== 'object' || value === null) return damaged(path, 'is no room');
  const state = stateFromJson(value as Record<string, unknown>);
  return typeof state === 'string' ? damaged(path, state) : { kind: 'state', state };
}

/**
 * Writes the room. A crash at any moment leaves the old file or the new one, whole: the bytes are on the disk before
 * the name points to them.
 */
export async function writeState(stateDir: string, state: RoomState): Promise<WriteOutcome> {
  try {
    await mkdir(stateDir, { recursive: true });
    await writeWhole(stateDir, STATE_FILE, `${JSON.stringify(stateToJson(state), null, 2)}\n`);
    return { ok: true };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      ok: false,
      message: `The room cannot be kept in ${stateDir} (${code ?? String(error)}): choose another folder with --state.`,
    };
  }
}

/** The folder of the chain's store: its own for each room, since each room has a new key. */
export function chainFolder(stateDir: string, { keys }: RoomState): string {
  return join(stateDir, `chain-${keys.account}`);
}

/** Removes the stored chain of a room that was replaced. Where that fails it only takes space, so nothing is said. */
export async function removeChain(stateDir: string, state: RoomState): Promise<void> {
  await rm(chainFolder(stateDir, state), { recursive: true, force: true }).catch(() => undefined);
}

function stateToJson({ room, keys, setting }: RoomState): object {
  return {
    version: STATE_VERSION,
    room,
    key: bytesToHex(keys.secretKey),
    kind: setting.kind,
    target: targetToHex(setting.target),
    ...(setting.kind === 'class'
      ? { spacingMs: setting.spacingMs, genesis: blockToJson(setting.genesis) }
      : {
          minSpacingMs: setting.minSpacingMs,
          dataLimitBytes: setting.dataLimitBytes,
          udp: writeUdpAddress(setting.udp),
          miners: setting.miners.map(writeUdpAddress),
        }),
  };
}

/** The state, or what is wrong with it. */
function stateFromJson(fields: Record<string, unknown>): RoomState | string {
  if (fields['version'] !== STATE_VERSION)
    return 'was written by another version of Tabchain, or is no room';
  const { room, key, kind, target: targetText, spacingMs, minSpacingMs, genesis } = fields;
  if (typeof room !== 'string' || !ROOM_CODE.test(room)) return 'names no room';
  const secretKey = typeof key === 'string' ? readHex(key) : null;
  const keys = secretKey === null ? null : keyPairOf(secretKey);
  if (keys === null) return 'holds no usable key';
  const target = typeof targetText === 'string' ? readTarget(targetText) : null;
  if (target === null || !target.ok) return 'holds no usable target';
  if (kind === 'bridge') {
    if (minSpacingMs !== 0 && !isSpacing(minSpacingMs)) return 'holds no usable least spacing';
    // Files of before have none.
    const { dataLimitBytes: limit = DATA_LIMITS_BYTES.most } = fields;
    const dataLimitBytes = typeof limit === 'number' ? readDataLimit(String(limit)) : null;
    if (dataLimitBytes === null) return 'holds no usable data limit';
    const udp = readAddress(fields['udp']);
    const miners = Array.isArray(fields['miners']) ? fields['miners'].map(readAddress) : [null];
    if (udp === null || !miners.every((miner) => miner !== null))
      return 'holds no usable addresses of UDP miners';
    const setting = {
      kind,
      target: target.target,
      minSpacingMs,
      dataLimitBytes,
      udp,
      miners,
    } as const;
    return { room, keys, setting };
  }
  if (kind !== 'class') return 'names no kind of room';
  if (!isSpacing(spacingMs)) return 'holds no usable spacing';
  const block = readGenesis(genesis, room);
  if (block === null) return 'holds no usable genesis block';
  return { room, keys, setting: { kind, target: target.target, spacingMs, genesis: block } };
}

function readGenesis(value: unknown, room: string): Block | null {
  if (typeof value !== 'object' || value === null) return null;
  const result = blockFromJson(value);
  if (!result.ok || !isGenesisShape(result.block)) return null;
  return readGenesisData(result.block.data)?.room === room ? result.block : null;
}

function readAddress(value: unknown): UdpAddress | null {
  // The default is never used: the addresses are written with their ports.
  const result = typeof value === 'string' ? readUdpAddress(value, 1) : null;
  return result?.ok === true ? result.address : null;
}

function isSpacing(value: unknown): value is number {
  return (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= SPACING_LIMITS_MS.least &&
    value <= SPACING_LIMITS_MS.most
  );
}

function damaged(path: string, what: string): StateOutcome {
  return {
    kind: 'damaged',
    message: `${path} ${what}: restore it from a copy, or start a new room with --new.`,
  };
}
