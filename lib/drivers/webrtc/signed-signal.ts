/**
 * Signs the session descriptions of WebRTC with the peer's key, so that nobody between two peers can put his own
 * certificate into them and stand in the middle (R21, R26).
 *
 * A description holds the fingerprint of a DTLS certificate, so that whoever answers on the data channel is who signed.
 * The signature covers the room, both node ids, the name of the dial and a time. An answer fits only the dial that its
 * addressee has named at random, so that none can be replayed; of offers those heard lately are remembered. Candidates
 * and refusals are not signed: a forged one can at most make a dial fail, as dropping one can.
 */
import { bytesToHex, readHex } from '../../chain/bytes.ts';
import { signText, verifyText, type KeyPair } from '../../ledger/account.ts';
import { dialSignalFromJson, dialSignalToJson, type DialSignal } from './signal.ts';

/** How long a description may be under way, and how far two clocks may differ: pupils' laptops are minutes off. */
export const DESCRIPTION_LIFE_MS = 10 * 60_000;
/** Offers remembered within that time. When there are more, further ones are refused until old ones expire. */
export const OFFERS_LIMIT = 4_096;

export type OpenedSignal =
  | { readonly ok: true; readonly signal: DialSignal }
  | { readonly ok: false; readonly code: SignalCode };

/** Why a signal is not heard. */
export type SignalCode =
  /** It is no signal, or a description without a signature. */
  | 'bad-signal'
  /** Its time lies too far back or ahead. */
  | 'expired'
  /** An offer that was heard before. */
  | 'replayed'
  /** The key is not that of the node, or it has not signed this, or not for us. */
  | 'forged';

export interface SignalGuardOptions {
  readonly keys: KeyPair;
  readonly room: string;
  /** Unix time in milliseconds. */
  readonly readWallMs: () => number;
  /** Replaces {@link OFFERS_LIMIT}. */
  readonly offersLimit?: number;
}

export class SignalGuard {
  readonly #options: SignalGuardOptions;
  /** When each is forgotten, by sender and dial; in order of arrival. */
  readonly #offers = new Map<string, number>();

  constructor(options: SignalGuardOptions) {
    this.#options = options;
  }

  /** The body of a signal, signed where it holds a description. */
  seal(to: string, signal: DialSignal): string {
    const fields = dialSignalToJson(signal);
    const { keys, readWallMs } = this.#options;
    if (signal.step.kind !== 'offer' && signal.step.kind !== 'answer')
      return JSON.stringify(fields);
    const atMs = Math.round(readWallMs());
    const signature = signText(this.#describe(keys.account, to, signal, atMs), keys);
    return JSON.stringify({
      ...fields,
      atMs,
      publicKey: bytesToHex(keys.publicKey),
      signature: bytesToHex(signature),
    });
  }

  /** Reads a signal, and checks that its description comes from this node and is meant for us, now. */
  open(from: string, body: string): OpenedSignal {
    const fields = readFields(body);
    const signal = fields === null ? null : dialSignalFromJson(fields);
    if (fields === null || signal === null) return refuse('bad-signal');
    const { kind } = signal.step;
    if (kind !== 'offer' && kind !== 'answer') return { ok: true, signal };
    const { atMs } = fields;
    const publicKey = hexOf(fields['publicKey']);
    const signature = hexOf(fields['signature']);
    if (publicKey === null || signature === null || typeof atMs !== 'number')
      return refuse('bad-signal');
    const { keys, readWallMs, offersLimit = OFFERS_LIMIT } = this.#options;
    const nowMs = readWallMs();
    // Written so that a time that is no number is refused.
    if (!(Math.abs(nowMs - atMs) <= DESCRIPTION_LIFE_MS)) return refuse('expired');
    const offer = kind === 'offer' ? `${from} ${signal.dial}` : null;
    this.#forgetOffers(nowMs);
    if (offer !== null && (this.#offers.has(offer) || this.#offers.size >= offersLimit))
      return refuse('replayed');
    const text = this.#describe(from, keys.account, signal, atMs);
    if (!verifyText(text, signature, publicKey, from)) return refuse('forged');
    // Later than that it is refused by its own time.
    if (offer !== null) this.#offers.set(offer, nowMs + 2 * DESCRIPTION_LIFE_MS);
    return { ok: true, signal };
  }

  #describe(from: string, to: string, { dial, step }: DialSignal, atMs: number): string {
    const sdp = step.kind === 'offer' || step.kind === 'answer' ? step.sdp : '';
    const { room } = this.#options;
    return ['tabchain description 1', room, from, to, dial, step.kind, atMs, sdp].join('\n');
  }

  #forgetOffers(nowMs: number): void {
    for (const [offer, untilMs] of this.#offers) {
      if (untilMs > nowMs) return;
      this.#offers.delete(offer);
    }
  }
}

function refuse(code: SignalCode): OpenedSignal {
  return { ok: false, code };
}

function hexOf(value: unknown): Uint8Array | null {
  return typeof value === 'string' ? readHex(value) : null;
}

function readFields(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
