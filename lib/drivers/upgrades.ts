/**
 * Which links over the relay are to be replaced by direct ones now (R26): a few at a time, and those of which that
 * failed again later, less and less often.
 */

/**
 * Links that are replaced at a time. Connecting is most of a link's work; a tab that begins all at once, in a room where
 * all do, keeps every one of them waiting for the slowest.
 */
export const UPGRADES_AT_ONCE = 4;
/** First pause after a failed try; it doubles up to the second figure. */
export const UPGRADE_PAUSE_MS = { first: 15_000, most: 600_000 } as const;

export interface UpgradeOptions {
  /** Replaces {@link UPGRADE_PAUSE_MS}. */
  readonly pauseMs?: { readonly first: number; readonly most: number } | undefined;
  /** Spreads retries; a number in [0, 1). */
  readonly random: () => number;
  /** Tries to connect directly; answered by `failed` or `forget`, later. */
  readonly dial: (nodeId: string) => void;
}

export interface Upgrades {
  /** There is a relayed link to this node, to be replaced. */
  add(nodeId: string): void;
  /** It could not be replaced this time. Of nodes that were not added nothing follows. */
  failed(nodeId: string): void;
  /** It is replaced, or gone. */
  forget(nodeId: string): void;
  close(): void;
}

interface Upgrade {
  failures: number;
  state: 'waiting' | 'dialling' | 'pausing';
  /** Ends the pause. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createUpgrades(options: UpgradeOptions): Upgrades {
  const { pauseMs = UPGRADE_PAUSE_MS, random, dial } = options;
  const upgrades = new Map<string, Upgrade>();
  let dialling = 0;

  /** Dials those that wait, the longest waiting first, while there is room. */
  function begin(): void {
    for (const [nodeId, upgrade] of upgrades) {
      if (dialling >= UPGRADES_AT_ONCE) return;
      if (upgrade.state !== 'waiting') continue;
      upgrade.state = 'dialling';
      dialling++;
      dial(nodeId);
    }
  }

  function forget(nodeId: string): void {
    const upgrade = upgrades.get(nodeId);
    if (upgrade === undefined) return;
    clearTimeout(upgrade.timer);
    upgrades.delete(nodeId);
    if (upgrade.state === 'dialling') dialling--;
    begin();
  }

  return {
    add(nodeId) {
      forget(nodeId);
      upgrades.set(nodeId, { failures: 0, state: 'waiting', timer: undefined });
      begin();
    },
    failed(nodeId) {
      const upgrade = upgrades.get(nodeId);
      if (upgrade?.state !== 'dialling') return;
      dialling--;
      upgrade.state = 'pausing';
      const wholeMs = Math.min(pauseMs.first * 2 ** upgrade.failures, pauseMs.most);
      upgrade.failures++;
      // Half of the pause at random, so that a room does not try again all at once.
      upgrade.timer = setTimeout(
        () => {
          upgrade.state = 'waiting';
          begin();
        },
        wholeMs * (0.5 + random() / 2),
      );
      begin();
    },
    forget,
    close() {
      for (const { timer } of upgrades.values()) clearTimeout(timer);
      upgrades.clear();
      dialling = 0;
    },
  };
}
