import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createUpgrades,
  UNWANTED_PAUSE_MS,
  UPGRADE_PAUSE_MS,
  UPGRADES_AT_ONCE,
} from '../../lib/drivers/upgrades.ts';

const NODES = Array.from({ length: 3 * UPGRADES_AT_ONCE }, (_, index) => `node ${index}`);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('replacing relayed links by direct ones', () => {
  it('dials a few at a time, whatever comes of each, and in the end every node that is still there', () => {
    const anAct = fc.tuple(fc.constantFrom('connects', 'fails', 'leaves'), fc.nat());
    fc.assert(
      fc.property(fc.array(anAct, { maxLength: 60 }), (acts) => {
        const dialling = new Set<string>();
        const dialled = new Set<string>();
        const gone = new Set<string>();
        const upgrades = createUpgrades({
          random: () => 0.5,
          dial(nodeId) {
            expect(dialling.has(nodeId) || gone.has(nodeId)).toBe(false);
            dialling.add(nodeId);
            dialled.add(nodeId);
            expect(dialling.size).toBeLessThanOrEqual(UPGRADES_AT_ONCE);
          },
        });
        upgrades.prefer(new Set(NODES));
        for (const nodeId of NODES) upgrades.add(nodeId);
        const end = (nodeId: string, act: string): void => {
          dialling.delete(nodeId);
          if (act === 'fails') return upgrades.failed(nodeId);
          gone.add(nodeId);
          upgrades.forget(nodeId);
        };
        for (const [act, number] of acts) {
          const among = act === 'leaves' ? NODES : [...dialling];
          if (among.length > 0) end(among[number % among.length]!, act);
        }
        // As long as some are tried, others wait only for them.
        for (let round = 0; round < NODES.length; round++)
          for (const nodeId of [...dialling]) end(nodeId, 'connects');
        expect(NODES.filter((nodeId) => !gone.has(nodeId) && !dialled.has(nodeId))).toEqual([]);
        vi.advanceTimersByTime(UPGRADE_PAUSE_MS.most);
        while (dialling.size > 0) for (const nodeId of [...dialling]) end(nodeId, 'connects');
        expect(gone.size).toBe(NODES.length);
        upgrades.close();
      }),
    );
  });

  it('tries again what has failed, after pauses that double up to the longest', () => {
    const dial = vi.fn();
    const upgrades = createUpgrades({ random: () => 1, dial });
    upgrades.prefer(new Set(['node']));
    upgrades.add('node');
    for (let failures = 0; failures < 10; failures++) {
      upgrades.failed('node');
      const pauseMs = Math.min(UPGRADE_PAUSE_MS.first * 2 ** failures, UPGRADE_PAUSE_MS.most);
      vi.advanceTimersByTime(pauseMs - 1);
      expect(dial).toHaveBeenCalledTimes(failures + 1);
      vi.advanceTimersByTime(1);
      expect(dial).toHaveBeenCalledTimes(failures + 2);
    }
    upgrades.close();
  });

  it('does nothing more once it is closed, and nothing for a node that was not added', () => {
    const dial = vi.fn();
    const upgrades = createUpgrades({ random: () => 0, dial });
    upgrades.failed('stranger');
    upgrades.forget('stranger');
    upgrades.prefer(new Set(['node']));
    upgrades.add('node');
    upgrades.failed('node');
    upgrades.close();
    vi.advanceTimersByTime(UPGRADE_PAUSE_MS.most);
    expect(dial).toHaveBeenCalledTimes(1);
  });

  it('begins with those that are there to stay; others wait, and until then it may turn out that they are', () => {
    const dial = vi.fn();
    const upgrades = createUpgrades({ random: () => 1, dial });
    upgrades.add('passing');
    upgrades.prefer(new Set(['lasting']));
    upgrades.add('lasting');
    expect(dial.mock.calls).toEqual([['lasting']]);
    vi.advanceTimersByTime(UNWANTED_PAUSE_MS - 1);
    expect(dial).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(dial).toHaveBeenCalledTimes(2);
    upgrades.add('third');
    upgrades.prefer(new Set(['third']));
    expect(dial).toHaveBeenLastCalledWith('third');
    expect(dial).toHaveBeenCalledTimes(3);
    upgrades.close();
  });

  it('does not begin with one that is wanted no longer when its turn comes', () => {
    const dial = vi.fn();
    const upgrades = createUpgrades({ random: () => 0, dial });
    upgrades.prefer(new Set(NODES));
    for (const nodeId of NODES) upgrades.add(nodeId);
    upgrades.prefer(new Set());
    for (const nodeId of NODES.slice(0, UPGRADES_AT_ONCE)) upgrades.forget(nodeId);
    expect(dial).toHaveBeenCalledTimes(UPGRADES_AT_ONCE);
    upgrades.close();
  });
});
