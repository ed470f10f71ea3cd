/**
 * How far two people are with linking their tabs by hand, as inviter and as invited. It outlives the sheet that shows it.
 */
import { INVITATION_CODES, type InvitationCode } from '../../lib/chain/codes.ts';
import type { HandLinks } from '../../lib/drivers/webrtc/hand-links.ts';

export type InviteStep =
  | { readonly kind: 'begin' }
  | { readonly kind: 'making' }
  /** The text of the invitation is shown, and the answer waited for. */
  | { readonly kind: 'open'; readonly text: string }
  | { readonly kind: 'linking' }
  | { readonly kind: 'linked' };

export type AnswerStep =
  | { readonly kind: 'begin' }
  | { readonly kind: 'answering' }
  | { readonly kind: 'answered'; readonly text: string; readonly inviter: string }
  | { readonly kind: 'linked' };

/** After these the invitation is still open, and the right answer can be given. */
const BEARABLE: readonly InvitationCode[] = [
  'no-answer',
  'torn-text',
  'not-for-us',
  'other-invitation',
];

export class Meeting {
  invite = $state.raw<InviteStep>({ kind: 'begin' });
  inviteRefusal = $state('');
  answer = $state.raw<AnswerStep>({ kind: 'begin' });
  answerRefusal = $state('');
  /** What is in the two fields: a refused text stays, to be mended or replaced. */
  pastedAnswer = $state('');
  pastedInvitation = $state('');
  readonly #byHand: HandLinks;

  constructor(byHand: HandLinks) {
    this.#byHand = byHand;
  }

  async makeInvitation(): Promise<void> {
    this.invite = { kind: 'making' };
    this.inviteRefusal = '';
    this.pastedAnswer = '';
    const invited = await this.#byHand.invite();
    if (!invited.ok) this.inviteRefusal = INVITATION_CODES[invited.code];
    this.invite = invited.ok ? { kind: 'open', text: invited.text } : { kind: 'begin' };
  }

  async acceptAnswer(): Promise<void> {
    const before = this.invite;
    this.invite = { kind: 'linking' };
    this.inviteRefusal = '';
    const outcome = await this.#byHand.accept(this.pastedAnswer);
    if (outcome.ok) {
      this.invite = { kind: 'linked' };
      this.pastedAnswer = '';
      return;
    }
    this.inviteRefusal = INVITATION_CODES[outcome.code];
    this.invite = BEARABLE.includes(outcome.code) ? before : { kind: 'begin' };
  }

  async answerInvitation(pasted: string): Promise<void> {
    this.answer = { kind: 'answering' };
    this.answerRefusal = '';
    const answered = await this.#byHand.answer(pasted);
    if (!answered.ok) {
      this.answerRefusal = INVITATION_CODES[answered.code];
      this.answer = { kind: 'begin' };
      return;
    }
    this.pastedInvitation = '';
    const { text, inviter, linked } = answered;
    const shown: AnswerStep = { kind: 'answered', text, inviter };
    this.answer = shown;
    const outcome = await linked;
    // A newer invitation may have been answered meanwhile.
    if (this.answer !== shown) return;
    if (!outcome.ok) this.answerRefusal = INVITATION_CODES[outcome.code];
    this.answer = { kind: outcome.ok ? 'linked' : 'begin' };
  }
}
