/**
 * The frames that two perfect links exchange; what they are for stands in README.md (R19).
 */
import { FieldReader, writeCounter, writeFrame, writeNonce } from './fields.ts';

/** Messages of one session that may be under way at a time; the receiver's memory of duplicates is as long. */
export const WINDOW_MESSAGES = 32;
/** A data frame is so much longer than its message. */
export const DATA_OVERHEAD_BYTES = 1 + 8 + 6 + 6 + 6;

/** One way from a sender to a receiver: the receiver's life, and the number of its grant, which only grows. */
export interface Session {
  readonly epoch: string;
  readonly grant: number;
}

export type PerfectFrame =
  | { readonly kind: 'open'; readonly nonce: string }
  | { readonly kind: 'grant'; readonly nonce: string; readonly session: Session }
  | {
      readonly kind: 'data';
      readonly session: Session;
      readonly sequence: number;
      /** The sender cares for no message below this one any more. */
      readonly floor: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'ack';
      readonly session: Session;
      readonly sequence: number;
      /** Every message below this one has been delivered, or given up by its sender. */
      readonly below: number;
    }
  /** The receiver does not know this session, or no longer; its life is now that of `epoch`. */
  | { readonly kind: 'reset'; readonly session: Session; readonly epoch: string };

const KINDS = { open: 1, grant: 2, data: 3, ack: 4, reset: 5 } as const;

export function encodePerfectFrame(frame: PerfectFrame): Uint8Array {
  const kind = KINDS[frame.kind];
  switch (frame.kind) {
    case 'open':
      return writeFrame(kind, writeNonce(frame.nonce));
    case 'grant':
      return writeFrame(kind, writeNonce(frame.nonce), ...writeSession(frame.session));
    case 'data':
      return writeFrame(
        kind,
        ...writeSession(frame.session),
        writeCounter(frame.sequence),
        writeCounter(frame.floor),
        frame.bytes,
      );
    case 'ack':
      return writeFrame(
        kind,
        ...writeSession(frame.session),
        writeCounter(frame.sequence),
        writeCounter(frame.below),
      );
    case 'reset':
      return writeFrame(kind, ...writeSession(frame.session), writeNonce(frame.epoch));
  }
}

/** The frame of these bytes, or null where they are none. A message's bytes are a view, not a copy. */
export function decodePerfectFrame(bytes: Uint8Array): PerfectFrame | null {
  const reader = new FieldReader(bytes);
  const frame = readFrame(reader);
  return frame !== null && reader.isDone ? frame : null;
}

function readFrame(reader: FieldReader): PerfectFrame | null {
  switch (reader.byte()) {
    case KINDS.open:
      return { kind: 'open', nonce: reader.nonce() };
    case KINDS.grant:
      return { kind: 'grant', nonce: reader.nonce(), session: readSession(reader) };
    case KINDS.data: {
      const session = readSession(reader);
      const [sequence, floor] = [reader.counter(), reader.counter()];
      if (sequence < floor || sequence >= floor + WINDOW_MESSAGES) return null;
      return { kind: 'data', session, sequence, floor, bytes: reader.rest() };
    }
    case KINDS.ack:
      return {
        kind: 'ack',
        session: readSession(reader),
        sequence: reader.counter(),
        below: reader.counter(),
      };
    case KINDS.reset:
      return { kind: 'reset', session: readSession(reader), epoch: reader.nonce() };
    default:
      return null;
  }
}

function writeSession({ epoch, grant }: Session): [Uint8Array, Uint8Array] {
  return [writeNonce(epoch), writeCounter(grant)];
}

function readSession(reader: FieldReader): Session {
  return { epoch: reader.nonce(), grant: reader.counter() };
}
