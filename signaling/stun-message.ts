/**
 * The part of STUN that tells a client its own address: Binding requests and their answers (RFC 8489). Pure.
 */
import { isIPv4 } from 'node:net';

/** What a client that asks for its address sends has 20 to 60 bytes; a longer datagram is no such thing. */
export const REQUEST_LIMIT_BYTES = 548;
/** Attributes that an answer names as unknown; a client cannot act on more. */
const UNKNOWN_LIMIT = 8;

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
/** From here on a server may ignore attributes that it does not know. */
const FIRST_OPTIONAL_ATTRIBUTE = 0x8000;
const UNKNOWN_ATTRIBUTE_ERROR = { class: 4, number: 20, reason: 'Unknown Attribute' } as const;

/**
 * Answers one datagram.
 * @param address where it came from, IPv4 or IPv6.
 * @returns the answer; null where the datagram is no Binding request, which is never answered.
 */
export function answerBinding(
  request: Uint8Array,
  address: string,
  port: number,
): Uint8Array<ArrayBuffer> | null {
  const unknown = readUnknownAttributes(request);
  if (unknown === null) return null;
  const transactionId = request.subarray(8, HEADER_BYTES);
  if (unknown.length > 0)
    return writeMessage(BINDING_ERROR, transactionId, [writeErrorCode(), writeUnknown(unknown)]);
  return writeMessage(BINDING_SUCCESS, transactionId, [
    writeXorMappedAddress(address, port, transactionId),
  ]);
}

/** The attributes that must be understood and are not, in order; null where this is no Binding request. */
function readUnknownAttributes(request: Uint8Array): number[] | null {
  if (request.length < HEADER_BYTES || request.length > REQUEST_LIMIT_BYTES) return null;
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  if (view.getUint16(0) !== BINDING_REQUEST) return null;
  if (view.getUint16(2) !== request.length - HEADER_BYTES || request.length % 4 !== 0) return null;
  if (view.getUint32(4) !== MAGIC_COOKIE) return null;
  const unknown: number[] = [];
  let offset = HEADER_BYTES;
  while (offset < request.length) {
    const type = view.getUint16(offset);
    offset += 4 + roundUp(view.getUint16(offset + 2));
    // We know no attribute of a request: all that clients may send here can be ignored, or asks for more than this.
    if (type < FIRST_OPTIONAL_ATTRIBUTE) unknown.push(type);
  }
  return offset === request.length ? unknown.slice(0, UNKNOWN_LIMIT) : null;
}

function writeMessage(
  type: number,
  transactionId: Uint8Array,
  attributes: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const length = attributes.reduce((sum, attribute) => sum + attribute.length, 0);
  const message = new Uint8Array(HEADER_BYTES + length);
  const view = new DataView(message.buffer);
  view.setUint16(0, type);
  view.setUint16(2, length);
  view.setUint32(4, MAGIC_COOKIE);
  message.set(transactionId, 8);
  let offset = HEADER_BYTES;
  for (const attribute of attributes) {
    message.set(attribute, offset);
    offset += attribute.length;
  }
  return message;
}

function writeAttribute(type: number, value: Uint8Array): Uint8Array {
  const attribute = new Uint8Array(4 + roundUp(value.length));
  const view = new DataView(attribute.buffer);
  view.setUint16(0, type);
  view.setUint16(2, value.length);
  attribute.set(value, 4);
  return attribute;
}

/** Masked, because some routers rewrite every address of theirs that they find in a packet (RFC 8489, 14.2). */
function writeXorMappedAddress(
  address: string,
  port: number,
  transactionId: Uint8Array,
): Uint8Array {
  const bytes = readAddressBytes(address);
  const mask = new Uint8Array(16);
  new DataView(mask.buffer).setUint32(0, MAGIC_COOKIE);
  mask.set(transactionId, 4);
  const value = new Uint8Array(4 + bytes.length);
  value[1] = bytes.length === 4 ? 1 : 2;
  new DataView(value.buffer).setUint16(2, port ^ (MAGIC_COOKIE >>> 16));
  bytes.forEach((byte, i) => (value[4 + i] = byte ^ mask[i]!));
  return writeAttribute(XOR_MAPPED_ADDRESS, value);
}

function writeErrorCode(): Uint8Array {
  const { class: hundreds, number, reason } = UNKNOWN_ATTRIBUTE_ERROR;
  return writeAttribute(
    ERROR_CODE,
    Uint8Array.from([0, 0, hundreds, number, ...new TextEncoder().encode(reason)]),
  );
}

function writeUnknown(types: readonly number[]): Uint8Array {
  return writeAttribute(
    UNKNOWN_ATTRIBUTES,
    Uint8Array.from(types.flatMap((type) => [type >>> 8, type & 0xff])),
  );
}

/** 4 or 16 bytes. An IPv4 address that came in through a socket of both kinds is an IPv4 address. */
function readAddressBytes(address: string): number[] {
  const ipv4 = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(ipv4)) return ipv4.split('.').map(Number);
  // The reader of web addresses writes every form alike; a zone is no part of an address.
  const words = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail = ''] = words.split('::');
  const [first, last] = [head, tail].map((text) => (text === '' ? [] : text.split(':')));
  const zeros = Array.from({ length: 8 - first!.length - last!.length }, () => '0');
  return [...first!, ...zeros, ...last!].flatMap((word) => {
    const value = Number.parseInt(word, 16);
    return [value >>> 8, value & 0xff];
  });
}

function roundUp(length: number): number {
  return (length + 3) & ~3;
}
