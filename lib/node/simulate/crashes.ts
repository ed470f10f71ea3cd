/**
 * Nodes that fail and come back at random moments (R17, R18). The first one is the meeting place of those who come, and
 * stays.
 */
import type { Random } from '../../sim/random.ts';
import type { Company, CompanyNode } from './company.ts';

/** From the beginning of a wave. */
const CRASH_WITHIN_MS = 4_000;
const DOWN_MS = { least: 1_500, most: 5_000 } as const;

interface Crash {
  readonly node: CompanyNode;
  readonly crashMs: number;
  readonly returnMs: number;
  phase: 'planned' | 'down' | 'back';
}

export class Crashes {
  readonly #company: Company;
  readonly #random: Random;
  readonly #share: number;
  readonly #log: (index: number, line: string) => void;
  #crashes: Crash[] = [];
  /** Since the company began. */
  count = 0;

  /** @param share of the nodes that crash in each wave, 0 to 1 */
  constructor(
    company: Company,
    random: Random,
    share: number,
    log: (index: number, line: string) => void,
  ) {
    this.#company = company;
    this.#random = random;
    this.#share = share;
    this.#log = log;
  }

  /** Whether all who crashed are back. */
  get isOver(): boolean {
    return this.#crashes.every(({ phase }) => phase === 'back');
  }

  /** Draws who crashes next, and when. */
  beginWave(): void {
    const { nodes, nowMs } = this.#company;
    const count = Math.round(this.#share * nodes.length);
    this.#crashes = this.#random
      .shuffle(nodes.slice(1))
      .slice(0, count)
      .map((node) => {
        const crashMs = nowMs + this.#random.between(0, CRASH_WITHIN_MS);
        const returnMs = crashMs + this.#random.between(DOWN_MS.least, DOWN_MS.most);
        return { node, crashMs, returnMs, phase: 'planned' as const };
      });
  }

  /** Lets crash and come back who is due. */
  run(): void {
    const { nowMs } = this.#company;
    for (const crash of this.#crashes) {
      if (crash.phase === 'planned' && crash.crashMs <= nowMs) {
        crash.phase = 'down';
        this.count++;
        this.#log(crash.node.index, 'crashes');
        crash.node.crash();
      }
      if (crash.phase === 'down' && crash.returnMs <= nowMs) {
        crash.phase = 'back';
        this.#log(crash.node.index, 'starts again');
        void crash.node.start();
      }
    }
  }
}
