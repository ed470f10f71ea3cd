import { statSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Deals test files out to shards like cards, so that each gets as many of the long ones: the tests in browsers and those
 * of processes are dealt apart, the largest files first.
 */
export class DealtSequencer extends BaseSequencer {
  /** The worlds of the simulator take longest, whatever the size of their files: what starts last should end soon. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isWorld = (file: TestSpecification): boolean => file.moduleId.includes('/test/sim/');
    return [...sorted.filter(isWorld), ...sorted.filter((file) => !isWorld(file))];
  }

  override async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { shard } = this.ctx.config;
    if (shard === undefined) return files;
    const ordered = files
      .map((file) => ({ file, isE2e: file.moduleId.includes('/e2e/'), size: sizeOf(file) }))
      .sort((a, b) => Number(b.isE2e) - Number(a.isE2e) || b.size - a.size);
    return ordered
      .filter((_, place) => laneOf(place, shard.count) === shard.index)
      .map(({ file }) => file);
  }
}

/** 1 2 2 1 1 2 …: who got the larger file of one round gets the smaller one of the next. */
function laneOf(place: number, lanes: number): number {
  const round = Math.floor(place / lanes);
  const turn = place % lanes;
  return 1 + (round % 2 === 0 ? turn : lanes - 1 - turn);
}

function sizeOf({ moduleId }: TestSpecification): number {
  return statSync(moduleId).size;
}
