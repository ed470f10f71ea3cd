/**
 * An invitation and its answer, which two people carry between their devices by hand, as a link, a QR code or a text,
 * where no server is (R26). Both are signed by the peers' keys: nobody on the way can put himself between the two.
 *
 *     <room link>&invite=1~<public key>~<time>~<dial>~<description>~<signature>
 *     answer=1~<public key>~<time>~<dial>~<description>~<signature>
 *
 * An invitation is for whoever gets it; an answer is for its inviter alone and fits one invitation.
 */
import { base64urlnopad } from '@scure/base';
import type { InvitationCode } from '../../chain/codes.ts';
import {
  accountOf,
  signText,
  verifyText,
  type Account,
  type KeyPair,
} from '../../ledger/account.ts';
import {
  HAND_DESCRIPTION_LIMIT_CHARS,
  readBase64url,
  readHandDescription,
  writeHandDescription,
  type HandDescription,
} from './hand-description.ts';
import { DIAL_ID } from './signal.ts';
import { DESCRIPTION_LIFE_MS } from './signed-signal.ts';

/** People write each other, walk across the room, scan: longer than this, and somebody has given up. */
export const INVITATION_LIFE_MS = DESCRIPTION_LIFE_MS;
/** Beside the description: key 44, time 9, dial 16, signature 86, marks. */
const TEXT_LIMIT_CHARS = HAND_DESCRIPTION_LIMIT_CHARS + 200;
/** What a person pastes may have a link, a greeting and line breaks around it. */
const PASTED_LIMIT_CHARS = 8_192;
const REVISION = '1';

export interface HandText {
  /** Of the room, and not written down: it is in the link, or known. */
  readonly room: string;
  /** 16 hex digits that name the dial. */
  readonly dial: string;
  readonly description: HandDescription;
}

export type Invitation = HandText & { readonly from: Account };

export type HandTextResult =
  | { readonly ok: true; readonly value: Invitation }
  | { readonly ok: false; readonly code: InvitationCode };

/** What stands behind the link of the room: `invite=…`. */
export function writeInvitation(text: HandText, keys: KeyPair, wallMs: number): string {
  return `invite=${write('invitation', null, text, keys, wallMs)}`;
}

export function writeAnswer(
  text: HandText,
  inviter: Account,
  keys: KeyPair,
  wallMs: number,
): string {
  return `answer=${write('answer', inviter, text, keys, wallMs)}`;
}

/** The invitation in what a person pasted. */
export function readInvitation(pasted: string, room: string, wallMs: number): HandTextResult {
  return read('invite', pasted, room, null, wallMs);
}

/** The answer, for this inviter, in what a person pasted. */
export function readAnswer(
  pasted: string,
  room: string,
  inviter: Account,
  wallMs: number,
): HandTextResult {
  return read('answer', pasted, room, inviter, wallMs);
}

type Purpose = 'invitation' | 'answer';

function write(
  purpose: Purpose,
  to: Account | null,
  { room, dial, description }: HandText,
  keys: KeyPair,
  wallMs: number,
): string {
  const atMs = Math.round(wallMs);
  const line = writeHandDescription(description);
  const signed = describe(purpose, room, keys.account, to, dial, atMs, line);
  return [
    REVISION,
    base64urlnopad.encode(keys.publicKey),
    atMs.toString(36),
    dial,
    line,
    base64urlnopad.encode(signText(signed, keys)),
  ].join('~');
}

function read(
  field: 'invite' | 'answer',
  pasted: string,
  room: string,
  to: Account | null,
  wallMs: number,
): HandTextResult {
  const body = findBody(field, pasted);
  if (body === null) return refuse(field === 'invite' ? 'no-invitation' : 'no-answer');
  const parts = body.split('~');
  const [revision, key = '', time = '', dial = ''] = parts;
  const publicKey = readBase64url(key);
  const signature = readBase64url(parts.at(-1) ?? '');
  const line = parts.slice(4, -1).join('~');
  const description = readHandDescription(line);
  const atMs = /^[\da-z]{1,10}$/.test(time) ? parseInt(time, 36) : null;
  if (revision !== REVISION || publicKey === null || signature === null) return refuse('torn-text');
  if (description === null || atMs === null || !DIAL_ID.test(dial)) return refuse('torn-text');
  const from = accountOf(publicKey);
  const purpose = field === 'invite' ? 'invitation' : 'answer';
  if (!verifyText(describe(purpose, room, from, to, dial, atMs, line), signature, publicKey, from))
    return refuse('not-for-us');
  if (!(Math.abs(wallMs - atMs) <= INVITATION_LIFE_MS)) return refuse('invitation-expired');
  return { ok: true, value: { room, from, dial, description } };
}

function describe(
  purpose: Purpose,
  room: string,
  from: Account,
  to: Account | null,
  dial: string,
  atMs: number,
  line: string,
): string {
  return [`tabchain ${purpose} 1`, room, from, to ?? 'anyone', dial, atMs, line].join('\n');
}

/** Programs that pass messages on break long lines, and some write signs of a link in percent. */
function findBody(field: string, pasted: string): string | null {
  if (pasted.length > PASTED_LIMIT_CHARS) return null;
  const [, rest] = new RegExp(`(?:^|[^a-z])${field}=(.*)`, 's').exec(pasted) ?? [];
  const joined = rest?.replace(/\s+/g, '').replace(/%(?:2B|2C|2F|3A|7E)/gi, decodeURIComponent);
  const fields = /^(?:[\w+/,.:-]+~){6,}[\w-]{86}/.exec(joined ?? '')?.[0];
  return fields === undefined || fields.length > TEXT_LIMIT_CHARS ? null : fields;
}

function refuse(code: InvitationCode): HandTextResult {
  return { ok: false, code };
}
