import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../lib/pow/layout.ts';
import type { Engine, EngineMaker } from '../../lib/pow/kernel.ts';
import { HEATS } from '../../lib/pow/choice.ts';
import { Position } from '../../lib/pow/position.ts';
import { raceEngines } from '../../lib/pow/race.ts';

/** A clock that engines themselves move: each hash takes as long as the test says. */
function createWorld() {
  let nowMs = 0;
  const made: string[] = [];
  const msPerHash = new Map<string, number>();
  const maker = (name: string, ms: number): EngineMaker => {
    msPerHash.set(name, ms);
    return {
      name,
      make() {
        made.push(name);
        const js = HEATS.at(-1)![0]!.make();
        if (!js.ok) throw new Error(js.reason);
        const engine: Engine = {
          ...js.engine,
          name,
          scan(first, count) {
            const scan = js.engine.scan(first, count);
            nowMs += scan.hashes * msPerHash.get(name)!;
            return scan;
          },
        };
        return { ok: true, engine };
      },
    };
  };
  const won: string[] = [];
  const start = (makers: readonly EngineMaker[], preferred: readonly string[] = []): Engine => {
    const race = raceEngines(makers, {
      nowMs: () => nowMs,
      preferred: new Set(preferred),
      wrong: (name, reason) => expect.fail(`${name}: ${reason}`),
      won: (name) => void won.push(name),
    }).make();
    if (!race.ok) throw new Error(race.reason);
    const position = new Position();
    position.load(
      {
        id: 1,
        data: new Uint8Array(12),
        previousHash: new Uint8Array(32),
        target: new Uint8Array(32),
      },
      new Uint8Array(8),
    );
    position.offer(race.engine.midstates);
    expect(layoutOf(12)).toEqual(position.layout);
    expect(race.engine.load(position)).toBe(true);
    return race.engine;
  };
  return {
    maker,
    start,
    made,
    won,
    msPerHash,
    pass: (ms: number) => void (nowMs += ms),
  };
}

describe('a race of engines', () => {
  it('goes on with the fastest, and says which it is', () => {
    const { maker, start, won } = createWorld();
    const race = start([maker('slow', 0.02), maker('fast', 0.01), maker('slowest', 0.03)]);
    for (let turn = 0; turn < 200 && won.length === 0; turn++) race.scan(0, 1000);
    expect(won).toEqual(['fast']);
    expect(race.name).toBe('fast');
  });

  it('leaves out the race where a winner is known from before', () => {
    const { maker, start, made } = createWorld();
    const race = start([maker('first', 0.01), maker('second', 0.02)], ['second']);
    expect(race.name).toBe('second');
    expect(made).toEqual(['second']);
  });

  it('replaces an instance that has become slow, though not again and again', () => {
    const { maker, start, made, msPerHash, pass } = createWorld();
    const race = start([maker('one', 0.01)]);
    const search = (turns: number) => {
      for (let turn = 0; turn < turns; turn++) race.scan(0, 1000);
    };
    search(50);
    msPerHash.set('one', 0.05);
    search(300);
    expect(made).toHaveLength(2);
    msPerHash.set('one', 0.2);
    search(100);
    expect(made).toHaveLength(2);
    pass(60_000);
    search(100);
    expect(made).toHaveLength(3);
  });
});
