/**
 * An engine that is several: it lets them take turns at the real search, keeps the fastest, and replaces that one when
 * it has become slow. Engines differ between processors and browsers by more than half, and a few in a hundred
 * instances of the same code run slow for life.
 */
import type { Engine, EngineMaker } from './kernel.ts';
import type { Position } from './position.ts';
import { checkEngine } from './self-check.ts';

/** A turn lasts about so long: the clocks of browsers are no finer than 0.1 ms. */
const TURN_MS = 5;
/** Turns of each engine in a race. The first ones run code that is not optimised yet; only the best counts. */
const RACE_TURNS = 12;
/** An engine is slow after so many turns in a row below {@link SLOW_SHARE} of its best. */
const SLOW_TURNS = 100;
const SLOW_SHARE = 0.6;
/** A busy machine looks the same, so a slow engine is replaced no more often than this. */
const REPLACE_MS = 60_000;

export interface RaceOptions {
  readonly nowMs: () => number;
  /** Names of engines that won before: one of them runs alone from the start. */
  readonly preferred: ReadonlySet<string>;
  /** An engine turned out to be wrong, and is out of the race. */
  wrong(engine: string, reason: string): void;
  /** The race is over: this engine goes on alone. */
  won(engine: string): void;
}

interface Runner {
  readonly maker: EngineMaker;
  readonly engine: Engine;
  /** Layouts for which it was checked. */
  readonly checked: Set<number>;
  turns: number;
  /** Of its best turn, in hashes a millisecond. */
  bestRate: number;
}

/** Makes the racing engine; it fails where none of the makers works here. */
export function raceEngines(makers: readonly EngineMaker[], options: RaceOptions): EngineMaker {
  return {
    name: 'race',
    make() {
      const reasons: string[] = [];
      const runners: Runner[] = [];
      const winner = makers.find(({ name }) => options.preferred.has(name));
      for (const maker of winner === undefined ? makers : [winner]) {
        const made = maker.make();
        if (made.ok) runners.push(newRunner(maker, made.engine));
        else reasons.push(`${maker.name}: ${made.reason}`);
      }
      if (runners.length === 0) return { ok: false, reason: reasons.join('; ') };
      return { ok: true, engine: new Race(runners, options) };
    },
  };
}

const newRunner = (maker: EngineMaker, engine: Engine): Runner => ({
  maker,
  engine,
  checked: new Set(),
  turns: 0,
  bestRate: 0,
});

class Race implements Engine {
  readonly midstates: number;
  readonly #options: RaceOptions;
  #runners: Runner[];
  #current: Runner;
  #position: Position | null = null;
  #turnHashes = 0;
  #turnMs = 0;
  #slowTurns = 0;
  #replacedAtMs = -Infinity;

  constructor(runners: Runner[], options: RaceOptions) {
    this.#runners = runners;
    this.#options = options;
    this.#current = runners[0]!;
    this.midstates = Math.max(...runners.map(({ engine }) => engine.midstates));
  }

  get name(): string {
    return this.#current.engine.name;
  }

  load(position: Position): boolean {
    this.#position = position;
    const others = this.#runners.filter((runner) => runner !== this.#current);
    return [this.#current, ...others].some((runner) => this.#isIn(runner) && this.#use(runner));
  }

  scan(first: number, count: number): ReturnType<Engine['scan']> {
    const startMs = this.#options.nowMs();
    const scan = this.#current.engine.scan(first, count);
    this.#turnMs += this.#options.nowMs() - startMs;
    this.#turnHashes += scan.hashes;
    if (this.#turnMs >= TURN_MS) this.#endTurn();
    return scan;
  }

  #endTurn(): void {
    const rate = this.#turnHashes / this.#turnMs;
    this.#turnHashes = 0;
    this.#turnMs = 0;
    const runner = this.#current;
    runner.turns++;
    runner.bestRate = Math.max(runner.bestRate, rate);
    if (this.#runners.length > 1) this.#passOn();
    else this.#watch(rate);
  }

  /** Gives the next turn to whoever had fewest; after the last one the best goes on alone. */
  #passOn(): void {
    const next = this.#runners.reduce((least, each) => (each.turns < least.turns ? each : least));
    if (next.turns < RACE_TURNS) {
      if (this.#use(next)) return;
      // It cannot search this layout: its turn is over.
      next.turns++;
      this.#use(this.#current);
      return;
    }
    const best = this.#runners.reduce((x, y) => (y.bestRate > x.bestRate ? y : x));
    this.#runners = [best];
    this.#use(best);
    this.#options.won(best.engine.name);
  }

  #watch(rate: number): void {
    const runner = this.#current;
    this.#slowTurns = rate < SLOW_SHARE * runner.bestRate ? this.#slowTurns + 1 : 0;
    const nowMs = this.#options.nowMs();
    if (this.#slowTurns < SLOW_TURNS || nowMs < this.#replacedAtMs + REPLACE_MS) return;
    this.#slowTurns = 0;
    this.#replacedAtMs = nowMs;
    const made = runner.maker.make();
    if (!made.ok) return;
    const fresh = newRunner(runner.maker, made.engine);
    if (this.#use(fresh)) this.#runners = [fresh];
    else this.#use(runner);
  }

  /** Whether an engine is still in the race: not found wrong. */
  #isIn(runner: Runner): boolean {
    return this.#runners.includes(runner);
  }

  /** Lets an engine search the position, once it has shown that it is right; else it is out. */
  #use(runner: Runner): boolean {
    const position = this.#position!;
    const { nonceOffset } = position.layout;
    // Some engines have no code for some layouts, which is no fault.
    if (!runner.engine.load(position)) return false;
    if (!runner.checked.has(nonceOffset)) {
      const reason = checkEngine(runner.engine, position.template!.data.length);
      if (reason !== null) {
        this.#runners = this.#runners.filter((each) => each !== runner);
        this.#options.wrong(runner.engine.name, reason);
        return false;
      }
      runner.checked.add(nonceOffset);
      // The check has put a position of its own in its place.
      runner.engine.load(position);
    }
    this.#current = runner;
    return true;
  }
}
