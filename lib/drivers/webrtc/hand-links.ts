/**
 * The first link of a newcomer where no server is: one peer invites, the other answers, and two people carry both texts
 * between the devices (R26). From then on the room's peers carry the signals of further links.
 *
 *     inviter                              newcomer
 *        | == invitation, by hand ===========> |    a link, a QR code, a text
 *        | <=========== answer, by hand ====== |
 *        | <------- WebRTC data channel -----> |
 */
import type { InvitationCode } from '../../chain/codes.ts';
import type { Account, KeyPair } from '../../ledger/account.ts';
import { condenseSdp, expandSdp } from './hand-description.ts';
import {
  INVITATION_LIFE_MS,
  readAnswer,
  readInvitation,
  writeAnswer,
  writeInvitation,
} from './invitation.ts';
import type { Link } from './link.ts';
import type { HandCallbacks } from './contract.ts';
import { makeDialId } from './signal.ts';

/** Both ends know each other now: a link opens within a second, or on a slow phone within ten, or not at all. */
export const OPENING_LIMIT_MS = 20_000;

/** Whether the two are linked now. */
export type HandOutcome =
  | { readonly ok: true; readonly nodeId: Account }
  | { readonly ok: false; readonly code: InvitationCode };

export type InviteOutcome =
  | {
      readonly ok: true;
      /** What stands behind the room's link and an `&`. */
      readonly text: string;
      /** For how long it is good. */
      readonly lifeMs: number;
    }
  | { readonly ok: false; readonly code: InvitationCode };

export type AnswerOutcome =
  | {
      readonly ok: true;
      /** To be carried to the inviter. */
      readonly text: string;
      readonly inviter: Account;
      readonly linked: Promise<HandOutcome>;
    }
  | { readonly ok: false; readonly code: InvitationCode };

export interface HandLinks {
  /** Makes an invitation for one newcomer; the one before, if nobody has come by it, is given up. */
  invite(): Promise<InviteOutcome>;
  /** Takes the answer that a newcomer's device shows. An answer that cannot be used leaves the invitation open. */
  accept(pasted: string): Promise<HandOutcome>;
  /** Answers an invitation; an earlier answer is given up. */
  answer(pasted: string): Promise<AnswerOutcome>;
}

export interface HandLinkOptions {
  readonly keys: KeyPair;
  readonly room: string;
  readonly start: (dialId: string, initiator: boolean, hand: HandCallbacks) => Link | null;
  readonly isLinked: (nodeId: Account) => boolean;
  /** A link of ours is about to be connected. */
  readonly opening: (nodeId: Account) => void;
  readonly random: () => number;
  /** Unix time in milliseconds. */
  readonly readWallMs: () => number;
}

/** One connection on its way, ours to offer or ours to answer. */
interface Attempt {
  readonly dial: string;
  link: Link | null;
  /** Whoever is at the other end, once known. */
  other: Account | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly outcome: Promise<HandOutcome>;
  readonly settle: (outcome: HandOutcome) => void;
}

/** `close` gives up what is on its way. */
export function createHandLinks(options: HandLinkOptions): HandLinks & { close(): void } {
  const { keys, room, readWallMs } = options;
  /** At most one of each. */
  let invited: Attempt | null = null;
  let answered: Attempt | null = null;

  /**
   * Starts a connection and resolves to its condensed description; null where there is none. `offer` is that of the
   * inviter.
   */
  async function begin(attempt: Attempt, offerSdp: string | null): Promise<string | null> {
    return new Promise((resolve) => {
      attempt.link = options.start(attempt.dial, offerSdp === null, {
        description: (_kind, sdp) => resolve(sdp),
        opened() {
          finish(attempt, { ok: true, nodeId: attempt.other! });
          options.opening(attempt.other!);
          return attempt.other!;
        },
        failed() {
          finish(attempt, { ok: false, code: 'not-reached' });
          resolve(null);
        },
      });
      if (attempt.link === null) resolve(null);
      else if (offerSdp !== null) attempt.link.acceptDescription('offer', offerSdp);
    });
  }

  function makeAttempt(dial: string, other: Account | null): Attempt {
    let settle: Attempt['settle'] = () => undefined;
    const outcome = new Promise<HandOutcome>((resolve) => (settle = resolve));
    const attempt: Attempt = { dial, link: null, other, timer: undefined, outcome, settle };
    limit(attempt, INVITATION_LIFE_MS, 'invitation-expired');
    return attempt;
  }

  function limit(attempt: Attempt, limitMs: number, code: InvitationCode): void {
    clearTimeout(attempt.timer);
    attempt.timer = setTimeout(() => giveUp(attempt, code), limitMs);
  }

  function finish(attempt: Attempt, outcome: HandOutcome): void {
    clearTimeout(attempt.timer);
    if (invited === attempt) invited = null;
    if (answered === attempt) answered = null;
    attempt.settle(outcome);
  }

  function giveUp(attempt: Attempt | null, code: InvitationCode): void {
    if (attempt === null) return;
    attempt.link?.close(null);
    finish(attempt, { ok: false, code });
  }

  return {
    async invite() {
      giveUp(invited, 'withdrawn');
      const attempt = (invited = makeAttempt(makeDialId(options.random), null));
      const sdp = await begin(attempt, null);
      const description = sdp === null ? null : condenseSdp(sdp);
      if (description === null || invited !== attempt) {
        giveUp(attempt, 'no-direct-links');
        return { ok: false, code: invited === null ? 'no-direct-links' : 'withdrawn' };
      }
      const text = writeInvitation({ room, dial: attempt.dial, description }, keys, readWallMs());
      return { ok: true, text, lifeMs: INVITATION_LIFE_MS };
    },
    async accept(pasted) {
      const attempt = invited;
      if (attempt === null) return { ok: false, code: 'no-open-invitation' };
      // Somebody pressed twice.
      if (attempt.other !== null) return attempt.outcome;
      const read = readAnswer(pasted, room, keys.account, readWallMs());
      if (!read.ok) return read;
      const { from, dial, description } = read.value;
      if (dial !== attempt.dial) return { ok: false, code: 'other-invitation' };
      if (options.isLinked(from)) return { ok: false, code: 'already-linked' };
      attempt.other = from;
      limit(attempt, OPENING_LIMIT_MS, 'not-reached');
      attempt.link?.acceptDescription('answer', expandSdp('answer', description));
      return attempt.outcome;
    },
    async answer(pasted) {
      const read = readInvitation(pasted, room, readWallMs());
      if (!read.ok) return read;
      const { from, dial, description: offer } = read.value;
      if (from === keys.account) return { ok: false, code: 'own-text' };
      if (options.isLinked(from)) return { ok: false, code: 'already-linked' };
      giveUp(answered, 'withdrawn');
      const attempt = (answered = makeAttempt(dial, from));
      const sdp = await begin(attempt, expandSdp('offer', offer));
      const description = sdp === null ? null : condenseSdp(sdp);
      if (description === null || answered !== attempt) {
        giveUp(attempt, 'no-direct-links');
        return { ok: false, code: answered === null ? 'no-direct-links' : 'withdrawn' };
      }
      const text = writeAnswer({ room, dial, description }, from, keys, readWallMs());
      return { ok: true, text, inviter: from, linked: attempt.outcome };
    },
    close() {
      giveUp(invited, 'withdrawn');
      giveUp(answered, 'withdrawn');
    },
  };
}
