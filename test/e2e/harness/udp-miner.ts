/**
 * A UDP miner in the hand of the test: it says only what the test wants, and mines targets that take a moment.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hashBlockHex, type Block } from '../../../lib/chain/block.ts';
import { writeUtf8 } from '../../../lib/chain/bytes.ts';
import { encodeBlock } from '../../../lib/chain/codec.ts';
import { makeGenesis, mineBlock } from '../../support/test-miner.ts';
import { waitFor } from './wait.ts';
import type { World } from './world.ts';

/** Sent before the other side is asked how far it is: what a socket's buffer holds with room to spare. */
const BURST_BLOCKS = 64;
const TAKEN_WITHIN_MS = 120_000;
/** Datagrams get lost; what has not arrived by then is sent again. */
const RESEND_MS = 1_000;

export interface UdpMiner {
  /** Where it is heard: `127.0.0.1:port`. */
  readonly address: string;
  send(bytes: Uint8Array): Promise<void>;
  /** Sends a chain, genesis first, until the other side says that it has all of it. */
  sendChain(blocks: readonly Block[], heightThere: () => Promise<number | null>): Promise<void>;
}

/** Sends to this address of the same machine; ends with the test. */
export async function startUdpMiner(world: World, to: string): Promise<UdpMiner> {
  const [host = '', port] = to.split(':');
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  world.atEnd(() => socket.close());
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(bytes, Number(port), host, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    send,
    async sendChain(blocks, heightThere) {
      let sentAtMs = -Infinity;
      let lastHeight = -2;
      await waitFor(
        async () => {
          const height = (await heightThere()) ?? -1;
          if (height >= blocks.length - 1) return true;
          if (height === lastHeight && performance.now() - sentAtMs < RESEND_MS) return false;
          lastHeight = height;
          sentAtMs = performance.now();
          for (const block of blocks.slice(height + 1, height + 1 + BURST_BLOCKS))
            await send(encodeBlock(block));
          return false;
        },
        {
          timeoutMs: TAKEN_WITHIN_MS,
          describe: `${to} has all ${blocks.length} blocks`,
          pollMs: 5,
        },
      );
    },
  };
}

/** A chain from a genesis block of its own, of so many blocks beside it. */
export function mineWholeChain(length: number, target: bigint): Block[] {
  const blocks = [makeGenesis()];
  for (let height = 1; height <= length; height++) {
    const previous = hashBlockHex(blocks.at(-1)!);
    blocks.push(mineBlock(writeUtf8(`block ${height}`), previous, target));
  }
  return blocks;
}
