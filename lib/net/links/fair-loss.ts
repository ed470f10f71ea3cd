/**
 * Fair-loss links: what a carrier of datagrams has to offer, so that the other links can stand on it (R19).
 *
 * Properties FLL1–3 (Cachin, Guerraoui, Rodrigues: Introduction to Reliable and Secure Distributed Programming, 2.4.2):
 * a datagram that is sent again and again arrives again and again; one that is sent finitely often arrives finitely
 * often; none arrives that was not sent. A carrier that breaks the third one is mended by `sealed-carrier.ts`.
 */
import type { Account } from '../../ledger/account.ts';

/** Longest datagram of any carrier of ours: a block with its envelope fits twice, and UDP carries it everywhere. */
export const DATAGRAM_LIMIT_BYTES = 16_384;

/**
 * The lower end of a carrier. Its upper end is a call of the link that stands on it: `link.receive(from, bytes, nowMs)`
 * for each datagram that arrives, where `from` is whom the carrier takes for the sender.
 */
export interface FairLossLink {
  /** Longest datagram that it carries, in bytes; at most {@link DATAGRAM_LIMIT_BYTES}. */
  readonly limitBytes: number;
  /**
   * Sends one datagram, which may be lost, late, doubled, or overtaken. Never throws for what the network does. The
   * bytes stay the caller's, who does not change them any more.
   */
  send(to: Account, bytes: Uint8Array): void;
}

/** Where links draw their numbers; the owner seeds it, from the system or for a test. */
export interface Randomness {
  /** A number from 0 to below 1. */
  uniform(): number;
  bytes(length: number): Uint8Array;
}
