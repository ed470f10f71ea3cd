/**
 * How long after a tab has found a block a UDP miner's socket has it, through the command that serves the room (R29).
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hashBlockHex } from '../../../lib/chain/block.ts';
import { writeUtf8 } from '../../../lib/chain/bytes.ts';
import { decodeBlock, encodeBlock } from '../../../lib/chain/codec.ts';
import { freeUdpPort } from '../../e2e/harness/processes.ts';
import { waitFor } from '../../e2e/harness/wait.ts';
import { makeGenesis } from '../../support/test-miner.ts';
import { quantile, type Figure } from '../bench.ts';
import { withAppRoom } from './app-room.ts';

const BLOCKS = 200;
const FLAGS = ['--target', '2**238', '--min-spacing', '250ms', '--data-limit', '670'];
const WITHIN_MS = 300_000;

export async function measureBridgeDelay(): Promise<Figure[]> {
  const miner = createSocket('udp4').bind(0, '127.0.0.1');
  await once(miner, 'listening');
  const heardMs = new Map<string, number>();
  miner.on('message', (bytes) => {
    const nowMs = performance.timeOrigin + performance.now();
    const decoded = decodeBlock(bytes);
    if (!decoded.ok) return;
    const hash = hashBlockHex(decoded.block);
    if (!heardMs.has(hash)) heardMs.set(hash, nowMs);
  });
  const udpPort = await freeUdpPort();
  const flags = ['--udp', `127.0.0.1:${udpPort}`, '--miners', `127.0.0.1:${miner.address().port}`];
  try {
    return await withAppRoom(
      async ({ join }) => {
        const member = await join('tab');
        const genesis = encodeBlock(makeGenesis(writeUtf8('bench')));
        await waitFor(
          async () => {
            miner.send(genesis, udpPort, '127.0.0.1');
            const { tip, peers } = await member.snapshot();
            return tip !== null && peers.some(({ kind }) => kind === 'webrtc');
          },
          { timeoutMs: WITHIN_MS, describe: 'the tab has the genesis block over a direct link' },
        );
        await member.setPaused(false);
        await waitFor(async () => (await member.snapshot()).tip!.height >= BLOCKS, {
          timeoutMs: WITHIN_MS,
          describe: `there are ${BLOCKS} blocks`,
          pollMs: 1_000,
        });
        await member.setPaused(true);
        const found = await member.tab.page.evaluate(() => window.notes.heardMs);
        const delays = Object.entries(found).flatMap(([hash, foundMs]) => {
          const atMs = heardMs.get(hash);
          return atMs === undefined ? [] : [atMs - foundMs];
        });
        return [0.5, 0.95, 1].map((share) => ({
          name: `a tab’s block → a UDP miner’s socket, ${share === 1 ? 'worst' : `p${share * 100}`} of ${delays.length}`,
          value: quantile(delays, share),
          unit: 'ms',
        }));
      },
      [...FLAGS, ...flags],
    );
  } finally {
    miner.close();
  }
}
