/**
 * From what a person types or pastes to the policy of a room: a code that the server resolves, or a whole link.
 */
import { readRoomLink, ROOM_CODE, type RoomPolicy } from '../../lib/net/room-link.ts';
import { splitInvitation } from '../invite/invitation-link.ts';

export type EntryResult =
  | { readonly ok: true; readonly policy: RoomPolicy; readonly fragment: string }
  | { readonly ok: false; readonly reason: string };

/** What was typed, before any server is asked. */
export type EntryText =
  | { readonly kind: 'code'; readonly code: string }
  | {
      readonly kind: 'link';
      readonly fragment: string;
      readonly policy: RoomPolicy;
      /** The invitation that the link carries, from whatever server: it needs none. */
      readonly invitation: string | null;
    }
  | { readonly kind: 'elsewhere'; readonly origin: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A server on the same network answers within milliseconds; after this long nobody waits any more. */
const ANSWER_LIMIT_MS = 8_000;

/** Tells a code from a link, and a link of this page from one of another server. */
export function readEntryText(text: string, pageHref: string): EntryText {
  const trimmed = text.trim();
  if (trimmed === '')
    return { kind: 'unreadable', reason: 'Type the code of the room, or paste its link.' };
  if (!trimmed.includes('#') && !trimmed.includes('r=')) {
    const code = trimmed.toLowerCase().replace(/\s+/g, '-');
    return ROOM_CODE.test(code)
      ? { kind: 'code', code }
      : {
          kind: 'unreadable',
          reason: 'A room code has only letters a–z, digits and hyphens, 32 at most.',
        };
  }
  const { fragment, invitation } = splitInvitation(trimmed.slice(trimmed.indexOf('#') + 1));
  const link = readRoomLink(fragment);
  if (!link.ok) return { kind: 'unreadable', reason: `This link cannot be used: ${link.reason}.` };
  const origin = originOf(trimmed);
  if (invitation === null && origin !== null && origin !== originOf(pageHref))
    return { kind: 'elsewhere', origin };
  return { kind: 'link', fragment, policy: link.policy, invitation };
}

/** Asks the server that served this page for the link of a room code. */
export async function resolveRoomCode(
  code: string,
  ask: typeof fetch = fetch,
): Promise<EntryResult> {
  let response: Response;
  try {
    response = await ask(`rooms/${code}`, {
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      headers: { accept: 'application/json' },
    });
  } catch {
    return refuse(
      'The server does not answer. Check that it runs and that you are on its network.',
    );
  }
  if (response.status === 404)
    return refuse(
      `There is no room “${code}” here. Check the code on the screen of whoever started it.`,
    );
  if (!response.ok)
    return refuse(`The server could not look the room up (status ${response.status}). Try again.`);
  const fragment = await readFragment(response);
  const link = fragment === null ? null : readRoomLink(fragment);
  if (fragment === null || !link?.ok || link.policy.room !== code)
    return refuse(
      'The server gave an answer that is no room link. Ask for the whole link instead.',
    );
  return { ok: true, policy: link.policy, fragment };
}

async function readFragment(response: Response): Promise<string | null> {
  try {
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null || !('fragment' in answer)) return null;
    return typeof answer.fragment === 'string' ? answer.fragment.replace(/^#/, '') : null;
  } catch {
    return null;
  }
}

function originOf(link: string): string | null {
  try {
    return new URL(link).origin;
  } catch {
    return null;
  }
}

function refuse(reason: string): EntryResult {
  return { ok: false, reason };
}
