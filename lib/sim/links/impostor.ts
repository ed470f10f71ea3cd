/**
 * A member of the carrier that speaks to one process in the name of another, with a key of its own: it reads all that
 * the two exchange, and runs the whole protocol (R19, R21).
 */
import { writeUtf8 } from '../../chain/bytes.ts';
import type { Account, KeyPair } from '../../ledger/account.ts';
import { AuthenticatedLink } from '../../net/links/authenticated.ts';
import type { FairLossLink, Randomness } from '../../net/links/fair-loss.ts';
import { PairKeys } from '../../net/links/pair-keys.ts';

/** Lies under way at a time: enough to be believed, if anything is. */
const LIES_LIMIT = 3;

export interface ImpostorOptions {
  readonly keys: KeyPair;
  /** In whose name it speaks. */
  readonly victim: Account;
  /** To whom. */
  readonly target: Account;
  /** The lower end of the victim's link. */
  readonly carrier: FairLossLink;
  readonly room: string;
  readonly random: Randomness;
}

export class Impostor {
  readonly #victim: Account;
  readonly #target: Account;
  readonly #link: AuthenticatedLink;
  #lies = 0;

  constructor({ keys, victim, target, carrier, room, random }: ImpostorOptions) {
    this.#victim = victim;
    this.#target = target;
    const pairKeys = new PairKeys({ ...keys, account: victim }, 0);
    this.#link = new AuthenticatedLink({ carrier, keys: pairKeys, room, random });
  }

  /** Reads a datagram on its way. */
  hear(from: Account, to: Account, bytes: Uint8Array, nowMs: number): void {
    if (from === this.#target && to === this.#victim) this.#link.receive(from, bytes, nowMs);
  }

  /** Lies, or goes on with its lies. */
  act(nowMs: number): void {
    if (this.#lies < LIES_LIMIT) {
      this.#lies++;
      this.#link.send(this.#target, writeUtf8(`lie ${this.#lies}`), nowMs);
    } else this.#link.tick(nowMs);
  }
}
