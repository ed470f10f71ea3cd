/**
 * What a rule of the examination is, and what can come of it (R34).
 */
import type { Examiner } from './examiner.ts';

export type RuleId =
  | 'start'
  | 'encoding'
  | 'hash'
  | 'target'
  | 'genesis'
  | 'broadcast'
  | 'extends'
  | 'longest-chain'
  | 'shorter-branch'
  | 'equal-branches'
  | 'second-genesis'
  | 'orphans'
  | 'work'
  | 'formats'
  | 'data'
  | 'full-size'
  | 'duplicates'
  | 'bad-input'
  | 'lengths'
  | 'reaction'
  | 'share';

export type Outcome =
  | 'passed'
  /** The miner does what the specification forbids, or does not do what it asks. */
  | 'failed'
  /** Nothing can be said, because another rule failed, or because the miner could not be watched. */
  | 'unclear'
  /** This way of examining has no means to look. */
  | 'skipped';

export interface Finding {
  readonly outcome: Outcome;
  /** What came, as a sentence or two; of a failure, the defect. */
  readonly came: string;
  /** What is allowed, but worth to know. */
  readonly remarks?: readonly string[];
}

export interface Rule {
  readonly id: RuleId;
  /** The rule as a sentence. */
  readonly title: string;
  /** What the examiner sends. */
  readonly sent: string;
  readonly expected: string;
  /** Rules without which a failure of this one says nothing of its own. */
  readonly needs: readonly RuleId[];
  /** Whether it needs processes of its own, which only `--exec` gives. */
  readonly needsProcesses?: boolean;
  /** Whether it measures time, and so runs when no other rule does. */
  readonly runsAlone?: boolean;
  /** Judges by what all other rules have seen, after them. */
  readonly judgesAll?: boolean;
  examine(examiner: Examiner): Promise<Finding>;
}

export const passed = (came: string, remarks: readonly string[] = []): Finding => ({
  outcome: 'passed',
  came,
  remarks,
});
export const failed = (came: string, remarks: readonly string[] = []): Finding => ({
  outcome: 'failed',
  came,
  remarks,
});
export const unclear = (came: string): Finding => ({ outcome: 'unclear', came });
export const skipped = (came: string): Finding => ({ outcome: 'skipped', came });
