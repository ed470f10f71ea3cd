/**
 * A stranger in a room, in the hand of the test: opens data channels to peers and sends what no peer would.
 */
import { join } from 'node:path';
import { bytesToHex } from '../../../lib/chain/bytes.ts';
import type { KeyPair } from '../../../lib/ledger/account.ts';
import { ROOT, type Running } from './processes.ts';
import type { Command, Frame } from './stranger-program.ts';
import type { World } from './world.ts';

const ANSWERED_WITHIN_MS = 120_000;

export interface Stranger {
  /**
   * Opens a channel of its own to this node and sends these frames. The other side may hang up at any of them, and the
   * stranger itself may die of it; the next call finds it well.
   */
  send(nodeId: string, frames: readonly (Uint8Array | string)[]): Promise<void>;
}

/** Joins the room at a server with a key of its own. A string is sent as a text frame. */
export async function joinAsStranger(
  world: World,
  { port, room, keys }: { port: number; room: string; keys: KeyPair },
): Promise<Stranger> {
  let lastId = 0;

  async function start(): Promise<Running> {
    const script = join(ROOT, 'test/e2e/harness/stranger-program.ts');
    const args = ['--import', 'tsx', script, String(port), room, bytesToHex(keys.secretKey)];
    const started = world.start('stranger', process.execPath, args);
    await started.waitForLine(/^joined$/, ANSWERED_WITHIN_MS);
    return started;
  }

  /** False where the program died of it. */
  async function ask(running: Running, command: Command): Promise<boolean> {
    running.write(`${JSON.stringify(command)}\n`);
    const answer = new RegExp(`^(done|failed) ${command.id}(?:$|: (.*))`);
    const [, outcome, reason] = await running
      .waitForLine(answer, ANSWERED_WITHIN_MS)
      .catch((error: unknown): [string, string, string] => {
        if (running.ended === null) throw error;
        return ['', 'died', ''];
      });
    if (outcome === 'failed') throw new Error(reason);
    return outcome === 'done';
  }

  let program = await start();
  return {
    async send(to, frames) {
      const encoded = frames.map((frame): Frame =>
        typeof frame === 'string' ? { text: frame } : Buffer.from(frame).toString('base64'),
      );
      if (program.ended !== null) program = await start();
      const channel = ++lastId;
      if (!(await ask(program, { id: channel, connect: to }))) return;
      await ask(program, { id: ++lastId, channel, frames: encoded });
    },
  };
}

export function randomHex(digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(16 * Math.random()).toString(16)).join('');
}
