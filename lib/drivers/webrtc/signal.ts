/**
 * What two peers say to each other in order to open a WebRTC link (R26): a JSON text that neither the signaling server
 * nor a relaying peer reads. Descriptions are signed: signed-signal.ts.
 *
 * One dial is one try to connect, named by its initiator; every body names its dial, so that what belongs to an
 * earlier try, or to a page that was reloaded since, is recognised and dropped.
 */

/** 64 random bits as hex digits: two dials of one node never share a name. */
export const DIAL_ID = /^[0-9a-f]{16}$/;

/** Of what an answerer refuses, its initiator hears one of these. */
export type RefusalCode = 'too-many-links' | 'too-many-dials';

export interface IceCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
}

export type DialStep =
  | { readonly kind: 'offer'; readonly sdp: string }
  | { readonly kind: 'answer'; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly candidate: IceCandidate }
  | { readonly kind: 'refuse'; readonly code: RefusalCode };

export interface DialSignal {
  readonly dial: string;
  readonly step: DialStep;
}

/** A name for a dial, 16 hex digits. */
export function makeDialId(random: () => number): string {
  const word = () =>
    Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0');
  return word() + word() + word() + word();
}

/** The fields of a signal: `{"dial", "offer" | "answer" | "candidate" | "refuse"}`. */
export function dialSignalToJson({ dial, step }: DialSignal): Record<string, unknown> {
  switch (step.kind) {
    case 'offer':
      return { dial, offer: step.sdp };
    case 'answer':
      return { dial, answer: step.sdp };
    case 'candidate':
      return { dial, candidate: step.candidate };
    case 'refuse':
      return { dial, refuse: step.code };
  }
}

/** Reads the fields of a signal; null where they are none. Others are ignored. */
export function dialSignalFromJson(value: Record<string, unknown>): DialSignal | null {
  const { dial } = value;
  if (typeof dial !== 'string' || !DIAL_ID.test(dial)) return null;
  const step = readStep(value);
  return step === null ? null : { dial, step };
}

function readStep({ offer, answer, candidate, refuse }: Record<string, unknown>): DialStep | null {
  if (typeof offer === 'string') return { kind: 'offer', sdp: offer };
  if (typeof answer === 'string') return { kind: 'answer', sdp: answer };
  if (refuse === 'too-many-links' || refuse === 'too-many-dials')
    return { kind: 'refuse', code: refuse };
  return isRecord(candidate) ? readCandidate(candidate) : null;
}

function readCandidate({
  candidate,
  sdpMid,
  sdpMLineIndex,
}: Record<string, unknown>): DialStep | null {
  const mid = sdpMid ?? null;
  const index = sdpMLineIndex ?? null;
  if (typeof candidate !== 'string') return null;
  if (mid !== null && typeof mid !== 'string') return null;
  if (index !== null && !(typeof index === 'number' && Number.isInteger(index) && index >= 0))
    return null;
  return { kind: 'candidate', candidate: { candidate, sdpMid: mid, sdpMLineIndex: index } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
