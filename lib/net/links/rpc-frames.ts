/**
 * The messages of remote procedure calls, as they stand in the messages of a reliable link (R19).
 */
import { writeUtf8, readUtf8 } from '../../chain/bytes.ts';
import { CALL_CODES, LINK_CODES, type CallCode, type LinkCode } from '../../chain/codes.ts';
import { FieldReader, writeCounter, writeFrame, writeNonce } from './fields.ts';

/** A request is so much longer than its bytes; the other messages are shorter. */
export const CALL_OVERHEAD_BYTES = 1 + 8 + 6 + 6 + 8;
/** In a request for the first time: any life of the receiver may execute it. */
export const ANY_EPOCH = '0000000000000000';

/** Names a call of one life of a caller. */
export interface CallName {
  /** The caller's life. */
  readonly epoch: string;
  readonly id: number;
}

/** The answer of the called procedure: a result, or an error in its own words; or why there is none. */
export type Answer =
  | { readonly kind: 'result' | 'error'; readonly bytes: Uint8Array }
  | { readonly kind: 'refusal'; readonly code: CallCode | LinkCode };

export type CallMessage =
  | { readonly kind: 'note'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'request';
      readonly name: CallName;
      /** The caller cares for no call below this id any more. */
      readonly floor: number;
      /** The only life of the receiver that may execute it. */
      readonly executor: string;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'answer'; readonly name: CallName; readonly answer: Answer }
  | { readonly kind: 'cancel'; readonly name: CallName; readonly floor: number };

const KINDS = { note: 1, request: 2, answer: 3, cancel: 4 } as const;
const ANSWERS = { result: 1, error: 2, refusal: 3 } as const;

export function encodeCallMessage(message: CallMessage): Uint8Array {
  const kind = KINDS[message.kind];
  switch (message.kind) {
    case 'note':
      return writeFrame(kind, message.bytes);
    case 'request':
      return writeFrame(
        kind,
        ...writeName(message.name),
        writeCounter(message.floor),
        writeNonce(message.executor),
        message.bytes,
      );
    case 'answer': {
      const { answer } = message;
      const bytes = answer.kind === 'refusal' ? writeUtf8(answer.code) : answer.bytes;
      return writeFrame(
        kind,
        ...writeName(message.name),
        Uint8Array.of(ANSWERS[answer.kind]),
        bytes,
      );
    }
    case 'cancel':
      return writeFrame(kind, ...writeName(message.name), writeCounter(message.floor));
  }
}

/** The message of these bytes, or null where they are none. */
export function decodeCallMessage(bytes: Uint8Array): CallMessage | null {
  const reader = new FieldReader(bytes);
  const message = readMessage(reader);
  return message !== null && reader.isDone ? message : null;
}

function readMessage(reader: FieldReader): CallMessage | null {
  switch (reader.byte()) {
    case KINDS.note:
      return { kind: 'note', bytes: reader.rest() };
    case KINDS.request: {
      const [name, floor, executor] = [readName(reader), reader.counter(), reader.nonce()];
      if (floor > name.id) return null;
      return { kind: 'request', name, floor, executor, bytes: reader.rest() };
    }
    case KINDS.answer: {
      const name = readName(reader);
      const answer = readAnswer(reader);
      return answer === null ? null : { kind: 'answer', name, answer };
    }
    case KINDS.cancel:
      return { kind: 'cancel', name: readName(reader), floor: reader.counter() };
    default:
      return null;
  }
}

function readAnswer(reader: FieldReader): Answer | null {
  switch (reader.byte()) {
    case ANSWERS.result:
      return { kind: 'result', bytes: reader.rest() };
    case ANSWERS.error:
      return { kind: 'error', bytes: reader.rest() };
    case ANSWERS.refusal: {
      const code = readUtf8(reader.rest());
      return code !== null && isCode(code) ? { kind: 'refusal', code } : null;
    }
    default:
      return null;
  }
}

function isCode(text: string): text is CallCode | LinkCode {
  return Object.hasOwn(CALL_CODES, text) || Object.hasOwn(LINK_CODES, text);
}

function writeName({ epoch, id }: CallName): [Uint8Array, Uint8Array] {
  return [writeNonce(epoch), writeCounter(id)];
}

function readName(reader: FieldReader): CallName {
  return { epoch: reader.nonce(), id: reader.counter() };
}
