/**
 * Authenticated perfect links: what arrives from a correct process was sent by it, to us, in this room, in this life of
 * ours, and arrives once, even over a carrier that forges, changes, redirects, reflects and replays (R19, R20).
 *
 * Properties AL1 reliable delivery, AL2 no duplication, AL3 authenticity of Cachin, Guerraoui and Rodrigues, 2.4.6. The
 * book's "Authenticate and Filter" (algorithm 2.4) puts the proof on top of stubborn links. Here it stands below them,
 * under every frame of the perfect link: were acknowledgements not proved, a forged one would end a retransmission; were
 * sequence numbers not, a forged one would make the true message a duplicate. So the carrier is sealed, which leaves it
 * no power but that of a fair-loss link, and the perfect link on it does the rest: AL1 and AL2 are PL1 and PL2, and AL3
 * is PL3, whose "was sent" the seal has made true.
 */
import type { Account } from '../../ledger/account.ts';
import type { FairLossLink, Randomness } from './fair-loss.ts';
import type { PairKeys } from './pair-keys.ts';
import { PerfectLink } from './perfect.ts';
import type { LinkEvent, ReliableLink, SendOutcome } from './reliable-link.ts';
import { SealedCarrier } from './sealed-carrier.ts';

export interface AuthenticatedLinkOptions {
  /** The unreliable, untrusted carrier below. */
  readonly carrier: FairLossLink;
  readonly keys: PairKeys;
  /** The room's code; peers of different rooms do not hear each other. */
  readonly room: string;
  readonly random: Randomness;
}

export class AuthenticatedLink implements ReliableLink {
  readonly #sealed: SealedCarrier;
  readonly #perfect: PerfectLink;

  constructor({ carrier, keys, room, random }: AuthenticatedLinkOptions) {
    this.#sealed = new SealedCarrier(carrier, keys, room);
    this.#perfect = new PerfectLink(this.#sealed, random);
  }

  get epoch(): string {
    return this.#perfect.epoch;
  }

  get limitBytes(): number {
    return this.#perfect.limitBytes;
  }

  get nextMs(): number {
    return this.#perfect.nextMs;
  }

  /** As {@link PerfectLink.send}. The receiver is an account, so nobody else can take the message for its own. */
  send(to: Account, bytes: Uint8Array, nowMs: number): SendOutcome {
    return this.#perfect.send(to, bytes, nowMs);
  }

  cancel(id: number): void {
    this.#perfect.cancel(id);
  }

  receive(from: Account, bytes: Uint8Array, nowMs: number): LinkEvent[] {
    const outcome = this.#sealed.open(from, bytes, nowMs);
    switch (outcome.kind) {
      case 'opened':
        return this.#perfect.receive(from, outcome.bytes, nowMs);
      case 'taken':
        return [];
      case 'refused':
        return [{ kind: 'refused', from, code: outcome.code }];
    }
  }

  tick(nowMs: number): LinkEvent[] {
    return this.#perfect.tick(nowMs);
  }
}
