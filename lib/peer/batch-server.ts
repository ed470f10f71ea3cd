/**
 * Hands out batches of older blocks to neighbours that catch up with us, each in its turn (R28).
 */
import type { HashHex } from '../chain/bytes.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { PeerContext } from './context.ts';
import type { RoomNeighbour } from './neighbour.ts';

export class BatchServer {
  readonly #context: PeerContext;
  readonly #keeper: ChainKeeper;
  /** Counts the steps that served a neighbour. */
  #turn = 0;

  constructor(context: PeerContext, keeper: ChainKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  /** A neighbour asks for so many batches behind the block that its locator shares with our chain. */
  asked(neighbour: RoomNeighbour, id: number, locator: readonly HashHex[], batches: number): void {
    // Without a chain there is no answer, and the asker is told by our status when there is one.
    if (this.#keeper.chain !== null) neighbour.serving.ask(id, locator, batches);
    this.serve(neighbour);
  }

  /** Serves one of those who wait for further batches. */
  serveNext(): void {
    this.#turn++;
    const greeted = this.#context.greeted();
    // With every tick, and hardly ever is anybody served.
    if (!greeted.some(({ serving }) => serving.isDue)) return;
    const due = greeted.filter(({ serving }) => serving.isDue);
    for (let i = 0; i < due.length; i++) {
      if (!this.serve(due[(this.#turn + i) % due.length]!)) continue;
      if (due.length > 1) this.#context.askToResume();
      return;
    }
  }

  /** Sends the next batch that the neighbour asked for, if it is time, and asks to go on with the others. */
  serve({ linkId, serving, budget }: RoomNeighbour): boolean {
    const { nowMs, send } = this.#context;
    const { chain } = this.#keeper;
    const answer = chain === null ? null : serving.answer(chain, budget, nowMs);
    if (answer === null) return false;
    send(linkId, answer);
    if (serving.isDue) this.#context.askToResume();
    return true;
  }
}
