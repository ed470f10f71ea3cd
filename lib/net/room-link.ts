/**
 * The link of a room carries its policy: which genesis, whose, and by what rules (R28).
 *
 * `https://host/path/#r=<code>&g=<64 hex>` pins a genesis block, whose data carries the rules.
 * `#r=<code>&g=udp&bridge=<node id>&target=2**235&min-spacing=1000&data-limit=4096` takes the one that this bridge signs.
 * `#r=<code>&g=new&target=…&spacing=…` lets the first peer make one.
 * The policy stands in the fragment, which browsers do not send to servers.
 */
import { HOMEWORK_TARGET, readTarget, writeTarget } from '../chain/target.ts';
import { DATA_LIMITS_BYTES } from '../ledger/payload.ts';

/** Room codes are typed from a projector: short, lower case, no look-alikes needed. */
export const ROOM_CODE = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** A link longer than this is refused unread; ours have about 150 characters. */
export const ROOM_LINK_LIMIT_CHARS = 2048;

/** Spacing that `class` rooms aim at unless told otherwise. */
export const DEFAULT_SPACING_MS = 10_000;
/** Least spacing that a bridged room's shared hash budget keeps unless told otherwise. */
export const DEFAULT_MIN_SPACING_MS = 1_000;
/** Bounds of both spacings: below a tenth of a second gossip cannot keep up; above a day nobody waits. */
export const SPACING_LIMITS_MS = { least: 100, most: 86_400_000 } as const;

export type GenesisPolicy =
  | { readonly kind: 'pinned'; readonly hash: string }
  | { readonly kind: 'udp'; readonly bridge: string }
  | { readonly kind: 'new' };

export interface RoomPolicy {
  readonly room: string;
  readonly genesis: GenesisPolicy;
  /** Constant target of a bridged room, or the first target of a new one. Ignored where the genesis is pinned. */
  readonly target: bigint;
  /** Aim of a new `class` room, in milliseconds. Ignored elsewhere. */
  readonly spacingMs: number;
  /** Shared hash budget of a bridged room, in milliseconds; 0 is off. Ignored elsewhere. */
  readonly minSpacingMs: number;
  /** Bytes of data that blocks mined in a bridged room have at most, for UDP miners that read little. Ignored elsewhere. */
  readonly dataLimitBytes: number;
}

export type RoomLinkResult =
  | { readonly ok: true; readonly policy: RoomPolicy }
  | { readonly ok: false; readonly reason: string };

/** First target of a new `class` room: about a second of one laptop's search; the room retargets from there. */
export const DEFAULT_CLASS_TARGET = 1n << 232n;

/** Reads the policy from a whole link, or from its fragment alone, with or without `#`. */
export function readRoomLink(link: string): RoomLinkResult {
  if (link.length > ROOM_LINK_LIMIT_CHARS) return refuse('the link is too long');
  const fragment = link.includes('#') ? link.slice(link.indexOf('#') + 1) : link;
  const fields = new Map<string, string>();
  for (const pair of fragment.split('&')) {
    const at = pair.indexOf('=');
    if (at > 0) fields.set(pair.slice(0, at), decodeComponent(pair.slice(at + 1)));
  }
  const room = fields.get('r') ?? '';
  if (!ROOM_CODE.test(room))
    return refuse('the link names no room: it should hold r= and a code of a-z, 0-9 and hyphens');
  const genesis = readGenesisPolicy(fields);
  if (genesis === null)
    return refuse(
      'the link names no genesis: it should hold g= and 64 hex digits, "new", or "udp" with bridge=',
    );

  const targetText = fields.get('target');
  const target =
    targetText === undefined
      ? {
          ok: true as const,
          target: genesis.kind === 'udp' ? HOMEWORK_TARGET : DEFAULT_CLASS_TARGET,
        }
      : readTarget(targetText);
  if (!target.ok) return refuse(target.reason);
  const spacingMs = readSpacing(fields.get('spacing'), DEFAULT_SPACING_MS, false);
  if (spacingMs === null) return refuse('spacing is no number of milliseconds from 100 to a day');
  const minSpacingMs = readSpacing(fields.get('min-spacing'), DEFAULT_MIN_SPACING_MS, true);
  if (minSpacingMs === null)
    return refuse('min-spacing is no number of milliseconds from 100 to a day, or 0');
  const dataLimitBytes = readDataLimit(fields.get('data-limit') ?? String(DATA_LIMITS_BYTES.most));
  if (dataLimitBytes === null)
    return refuse(
      `data-limit is no number of bytes from ${DATA_LIMITS_BYTES.least} to ${DATA_LIMITS_BYTES.most}`,
    );
  const policy = { room, genesis, target: target.target, spacingMs, minSpacingMs, dataLimitBytes };
  return { ok: true, policy };
}

/** The fragment of the room's link, without `#`. Values that are defaults are left out. */
export function writeRoomFragment(policy: RoomPolicy): string {
  const parts = [`r=${policy.room}`];
  const { genesis } = policy;
  if (genesis.kind === 'pinned') return [...parts, `g=${genesis.hash}`].join('&');
  parts.push(`g=${genesis.kind}`);
  if (genesis.kind === 'udp') parts.push(`bridge=${genesis.bridge}`);
  const usual = genesis.kind === 'udp' ? HOMEWORK_TARGET : DEFAULT_CLASS_TARGET;
  if (policy.target !== usual) parts.push(`target=${writeTarget(policy.target)}`);
  if (genesis.kind === 'new' && policy.spacingMs !== DEFAULT_SPACING_MS)
    parts.push(`spacing=${policy.spacingMs}`);
  if (genesis.kind === 'udp' && policy.minSpacingMs !== DEFAULT_MIN_SPACING_MS)
    parts.push(`min-spacing=${policy.minSpacingMs}`);
  if (genesis.kind === 'udp' && policy.dataLimitBytes !== DATA_LIMITS_BYTES.most)
    parts.push(`data-limit=${policy.dataLimitBytes}`);
  return parts.join('&');
}

function readGenesisPolicy(fields: Map<string, string>): GenesisPolicy | null {
  const text = fields.get('g')?.toLowerCase() ?? '';
  if (text === 'new') return { kind: 'new' };
  if (/^[0-9a-f]{64}$/.test(text)) return { kind: 'pinned', hash: text };
  const bridge = fields.get('bridge')?.toLowerCase() ?? '';
  if (text === 'udp' && /^[0-9a-f]{40}$/.test(bridge)) return { kind: 'udp', bridge };
  return null;
}

/** A number of bytes that our blocks' data can be kept to, or null. */
export function readDataLimit(text: string): number | null {
  const bytes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return bytes >= DATA_LIMITS_BYTES.least && bytes <= DATA_LIMITS_BYTES.most ? bytes : null;
}

function readSpacing(text: string | undefined, usual: number, zeroIsOff: boolean): number | null {
  if (text === undefined) return usual;
  if (!/^\d{1,8}$/.test(text)) return null;
  const value = Number(text);
  if (zeroIsOff && value === 0) return 0;
  return value >= SPACING_LIMITS_MS.least && value <= SPACING_LIMITS_MS.most ? value : null;
}

function decodeComponent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function refuse(reason: string): RoomLinkResult {
  return { ok: false, reason };
}
