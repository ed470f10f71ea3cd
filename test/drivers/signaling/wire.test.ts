import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CLOSE_CODES,
  readClientMessage,
  readServerMessage,
  type ClientMessage,
  type ServerMessage,
} from '../../../lib/drivers/signaling/wire.ts';

const nodeId = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 40, maxLength: 40 })
  .map((digits) => digits.join(''));
const errorCode = fc.constantFrom(
  'not-here' as const,
  ...(Object.keys(CLOSE_CODES) as (keyof typeof CLOSE_CODES)[]),
);

const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant('join' as const),
    room: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/),
    nodeId,
  }),
  fc.record({ type: fc.constant('signal' as const), to: nodeId, body: fc.string() }),
  fc.constant({ type: 'heartbeat' as const }),
);
const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({ type: fc.constant('welcome' as const), nodeIds: fc.array(nodeId) }),
  fc.record({ type: fc.constantFrom('joined' as const, 'left' as const), nodeId }),
  fc.record({ type: fc.constant('signal' as const), from: nodeId, body: fc.string() }),
  fc.constant({ type: 'heartbeat' as const }),
  fc.record(
    { type: fc.constant('error' as const), code: errorCode, message: fc.string(), nodeId },
    { requiredKeys: ['type', 'code', 'message'] },
  ),
);

describe('signaling messages', () => {
  test('are read as they were written, unknown fields left out', () => {
    fc.assert(
      fc.property(clientMessage, serverMessage, (client, server) => {
        expect(readClientMessage(JSON.stringify({ ...client, later: 1 }))).toEqual(client);
        expect(readServerMessage(JSON.stringify({ ...server, later: 1 }))).toEqual(server);
      }),
    );
  });

  test('of any other text there is none, and none throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect([readClientMessage(text), readServerMessage(text)]).toEqual([null, null]);
      }),
    );
  });

  const id = 'a'.repeat(40);
  test.each([
    ['a room code with spaces', { type: 'join', room: 'a b', nodeId: id }],
    ['a node id in upper case', { type: 'join', room: 'a', nodeId: id.toUpperCase() }],
    ['a node id that is too short', { type: 'join', room: 'a', nodeId: 'abc' }],
    ['a signal to nobody', { type: 'signal', body: 'x' }],
    ['a signal whose body is no text', { type: 'signal', to: id, body: { sdp: 1 } }],
    ['an unknown type', { type: 'dance' }],
    ['a type out of Object.prototype', { type: 'constructor' }],
    ['a list', [{ type: 'heartbeat' }]],
  ])('%s is refused', (_name, value) => {
    expect(readClientMessage(JSON.stringify(value))).toBeNull();
  });

  test.each([
    ['a welcome with a malformed node id', { type: 'welcome', nodeIds: ['x'] }],
    ['an error of no known code', { type: 'error', code: 'toString', message: 'x' }],
    ['a signal from nobody', { type: 'signal', body: 'x' }],
  ])('%s is refused', (_name, value) => {
    expect(readServerMessage(JSON.stringify(value))).toBeNull();
  });

  test('thirty thousand brackets are refused like any other garbage', () => {
    expect(readClientMessage('['.repeat(30_000) + ']'.repeat(30_000))).toBeNull();
  });
});
