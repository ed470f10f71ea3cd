import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { NO_PREVIOUS_HASH } from '../../lib/chain/block.ts';
import { blockToJson } from '../../lib/chain/codec.ts';
import { readRoomLink } from '../../lib/net/room-link.ts';
import { reachRoomServer } from '../../lib/node/room-server.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const genesis = {
  data: new TextEncoder().encode('Genesis'),
  previousHash: NO_PREVIOUS_HASH,
  proofOfWork: new Uint8Array(8),
};
const record = JSON.stringify({ fragment: 'x', genesis: blockToJson(genesis) });

async function ask(answer: RequestListener, policyText = `g=${'0a'.repeat(32)}`, path = '/') {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const link = `http://127.0.0.1:${port}${path}#r=abc&${policyText}`;
  const result = readRoomLink(link);
  if (!result.ok) throw new Error(result.reason);
  const reached = await reachRoomServer({ link, policy: result.policy, fingerprint: null });
  if (!reached.ok) throw new Error(reached.message);
  return reached.hints.genesis;
}

describe("a room's genesis block", () => {
  it('is asked of the server beside the page', async () => {
    const paths: string[] = [];
    const answer: RequestListener = (request, response) => {
      paths.push(request.url!);
      response.end(record);
    };
    expect(await ask(answer)).toEqual(genesis);
    expect(await ask(answer, undefined, '/class/a/')).toEqual(genesis);
    expect(paths).toEqual(['/rooms/abc', '/class/a/rooms/abc']);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no record', 'null'],
    ['no block', '{"fragment": "x"}'],
    ['a bad block', '{"genesis": {"data": 5}}'],
    ['a flood', 'x'.repeat(1_000_000)],
    ['a flood that would be right', ' '.repeat(100_000) + record],
  ])('is unknown where the server sends %s', async (_name, body) => {
    expect(await ask((_request, response) => void response.end(body))).toBeNull();
  });

  it('is unknown where the server refuses or hangs up', async () => {
    const refuse: RequestListener = (_request, response) => {
      response.statusCode = 404;
      response.end(record);
    };
    expect(await ask(refuse)).toBeNull();
    expect(await ask((request) => void request.destroy())).toBeNull();
  });
});
