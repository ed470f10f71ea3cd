/**
 * Which links over the relay are to be replaced by direct ones now (R26): a few at a time, those first that are there to
 * stay, and those of which that failed again later, less and less often.
 */

/**
 * Links that are replaced at a time. Connecting is most of a link's work; a tab that begins all at once, in a room where
 * all do, keeps every one of them waiting for the slowest.
 */
export const UPGRADES_AT_ONCE = 4;
/** A link that nobody wants may soon be gone: one that is still there after so long is worth a direct one all the same. */
export const UNWANTED_PAUSE_MS = 30_000;
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
  /** There is, or is to be, a link to this node that is to become a direct one. */
  add(nodeId: string): void;
  has(nodeId: string): boolean;
  /** It could not be replaced this time. Of nodes that were not added nothing follows. */
  failed(nodeId: string): void;
  /** From now on these are worth it at once, and others after {@link UNWANTED_PAUSE_MS}. */
  prefer(nodeIds: ReadonlySet<string>): void;
  /** It is replaced, or gone. */
  forget(nodeId: string): void;
  close(): void;
}

interface Upgrade {
  failures: number;
  /** `unwanted` and `pausing` end with their timers. */
  state: 'unwanted' | 'waiting' | 'dialling' | 'pausing';
  /** Ends the pause. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createUpgrades(options: UpgradeOptions): Upgrades {
  const { pauseMs = UPGRADE_PAUSE_MS, random, dial } = options;
  const upgrades = new Map<string, Upgrade>();
  let preferred: ReadonlySet<string> = new Set();
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

  /** Half of the pause at random, so that a room does not try all at once. */
  function pause(upgrade: Upgrade, state: 'unwanted' | 'pausing', wholeMs: number): void {
    clearTimeout(upgrade.timer);
    upgrade.state = state;
    upgrade.timer = setTimeout(
      () => {
        upgrade.state = 'waiting';
        begin();
      },
      wholeMs * (0.5 + random() / 2),
    );
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
      const upgrade: Upgrade = { failures: 0, state: 'waiting', timer: undefined };
      upgrades.set(nodeId, upgrade);
      if (!preferred.has(nodeId)) pause(upgrade, 'unwanted', UNWANTED_PAUSE_MS);
      begin();
    },
    has: (nodeId) => upgrades.has(nodeId),
    failed(nodeId) {
      const upgrade = upgrades.get(nodeId);
      if (upgrade?.state !== 'dialling') return;
      dialling--;
      pause(upgrade, 'pausing', Math.min(pauseMs.first * 2 ** upgrade.failures, pauseMs.most));
      upgrade.failures++;
      begin();
    },
    prefer(nodeIds) {
      preferred = nodeIds;
      for (const [nodeId, upgrade] of upgrades) {
        if (upgrade.state === 'waiting' && !nodeIds.has(nodeId))
          pause(upgrade, 'unwanted', UNWANTED_PAUSE_MS);
        if (upgrade.state !== 'unwanted' || !nodeIds.has(nodeId)) continue;
        clearTimeout(upgrade.timer);
        upgrade.state = 'waiting';
      }
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
