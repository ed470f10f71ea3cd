/**
 * Which room `start` serves: the one in the state folder, or a new one (R28). Flags that contradict the stored room
 * are refused, because tabs that hold its link keep to its rules.
 */
import { HOMEWORK_TARGET, targetToHex } from '../chain/target.ts';
import { writeUdpAddress, type UdpAddress } from '../drivers/udp/address.ts';
import { DATA_LIMITS_BYTES } from '../ledger/payload.ts';
import {
  DEFAULT_CLASS_TARGET,
  DEFAULT_MIN_SPACING_MS,
  DEFAULT_SPACING_MS,
} from '../net/room-link.ts';
import { makeRoomCode } from './room-code.ts';
import type { StartFlags } from './start-flags.ts';
import type { RoomState } from './state-folder.ts';

/** What a new room will be, before its key and its genesis block are made. */
export type NewRoom =
  | {
      readonly kind: 'class';
      readonly room: string;
      readonly target: bigint;
      readonly spacingMs: number;
    }
  | {
      readonly kind: 'bridge';
      readonly room: string;
      readonly target: bigint;
      readonly minSpacingMs: number;
      readonly dataLimitBytes: number;
      readonly udp: UdpAddress;
      readonly miners: readonly UdpAddress[];
    };

export type RoomChoice =
  | { readonly kind: 'resume'; readonly state: RoomState }
  | { readonly kind: 'create'; readonly newRoom: NewRoom }
  | { readonly kind: 'contradiction'; readonly message: string };

/** Chooses between the stored room, null where there is none, and a new one. */
export function chooseRoom(flags: StartFlags, stored: RoomState | null): RoomChoice {
  if (stored === null || flags.fresh) return { kind: 'create', newRoom: newRoomOf(flags) };
  const clash = findClash(flags, stored);
  if (clash !== null)
    return {
      kind: 'contradiction',
      message: `The room "${stored.room}" is kept in ${flags.stateDir}, and ${clash}: leave the flag out, or start a new room with --new.`,
    };
  if (stored.setting.kind === 'bridge' && flags.udp !== null) {
    // The machines of the miners may change; the room stays.
    const setting = { ...stored.setting, udp: flags.udp, miners: flags.miners };
    return { kind: 'resume', state: { ...stored, setting } };
  }
  return { kind: 'resume', state: stored };
}

function newRoomOf(flags: StartFlags): NewRoom {
  const room = flags.room ?? makeRoomCode();
  if (flags.udp === null)
    return {
      kind: 'class',
      room,
      target: flags.target ?? DEFAULT_CLASS_TARGET,
      spacingMs: flags.spacingMs ?? DEFAULT_SPACING_MS,
    };
  return {
    kind: 'bridge',
    room,
    target: flags.target ?? HOMEWORK_TARGET,
    minSpacingMs: flags.minSpacingMs ?? DEFAULT_MIN_SPACING_MS,
    dataLimitBytes: flags.dataLimitBytes ?? DATA_LIMITS_BYTES.most,
    udp: flags.udp,
    miners: flags.miners,
  };
}

/** What contradicts the stored room, as the end of "the room is kept in …, and …". */
function findClash(flags: StartFlags, { room, setting }: RoomState): string | null {
  if (flags.room !== null && flags.room !== room) return `--room "${flags.room}" names another`;
  if (flags.udp !== null && setting.kind === 'class')
    return 'it has no UDP miners, but --udp was given';
  if (flags.spacingMs !== null && setting.kind === 'bridge')
    return `its miners are at ${setting.miners.map(writeUdpAddress).join(', ')}, but --spacing was given`;
  if (flags.target !== null && flags.target !== setting.target)
    return `its target is ${targetToHex(setting.target)}, not that of --target`;
  if (setting.kind === 'class')
    return flags.spacingMs !== null && flags.spacingMs !== setting.spacingMs
      ? `its spacing is ${setting.spacingMs} ms, not that of --spacing`
      : null;
  if (flags.dataLimitBytes !== null && flags.dataLimitBytes !== setting.dataLimitBytes)
    return `its data limit is ${setting.dataLimitBytes} bytes, not that of --data-limit`;
  return flags.minSpacingMs !== null && flags.minSpacingMs !== setting.minSpacingMs
    ? `its least spacing is ${setting.minSpacingMs} ms, not that of --min-spacing`
    : null;
}
