/**
 * How long after a page is opened it has its first block from the room, over the relay alone.
 */
import { waitFor } from '../../e2e/harness/wait.ts';
import { quantile, type Figure } from '../bench.ts';
import { withAppRoom } from './app-room.ts';

const ROUNDS = 7;
const WITHIN_MS = 60_000;
/** As an administrator's policy does it: then no block can have come another way. */
const WITHOUT_WEBRTC = `;
  Reflect.deleteProperty(window, 'RTCPeerConnection');
  Reflect.deleteProperty(window, 'webkitRTCPeerConnection');`;

export function measureFirstBlock(): Promise<Figure[]> {
  return withAppRoom(async ({ join }) => {
    const miner = await join('miner');
    await miner.setPaused(false);
    await waitFor(async () => ((await miner.snapshot()).tip?.height ?? 0) >= 3, {
      timeoutMs: WITHIN_MS,
      describe: 'there are blocks',
    });
    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { tab } = await join(`newcomer ${round}`, WITHOUT_WEBRTC);
      await tab.page.waitForFunction(() => window.notes.firstBlockMs !== null);
      delays.push((await tab.page.evaluate(() => window.notes.firstBlockMs))!);
      await tab.page.context().close();
    }
    return [
      {
        name: 'page opened → first block by the relay, median',
        value: quantile(delays, 0.5),
        unit: 'ms',
      },
      {
        name: 'page opened → first block by the relay, worst',
        value: Math.max(...delays),
        unit: 'ms',
      },
    ];
  });
}
