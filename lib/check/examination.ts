/**
 * Examines a miner by all rules, and settles what their findings mean together (R34).
 */
import { Examiner, Impossible, type ExaminerOptions } from './examiner.ts';
import { skipped, unclear, type Finding, type Outcome, type Rule, type RuleId } from './rule.ts';
import { RULES } from './rules/index.ts';

export interface ExaminationOptions extends ExaminerOptions {
  /** Rules to examine, with those that they need; all where absent. */
  readonly only?: readonly RuleId[];
  /** Processes of the miner that run side by side; 1 for a running miner. */
  readonly jobs: number;
  /** Told when a rule begins to be examined, when it ends, and now and then what has come so far. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly running: readonly RuleId[];
  readonly done: number;
  readonly rules: number;
  /** Blocks of the miner so far. */
  readonly blocks: number;
}

export interface RuleResult extends Omit<Rule, 'examine'> {
  readonly finding: Finding;
}

export interface Report {
  readonly results: readonly RuleResult[];
  /** The worst of all: failed, then unclear, then passed. */
  readonly outcome: Exclude<Outcome, 'skipped'>;
  readonly blocks: number;
  readonly meanIntervalMs: number;
}

export type ExaminationOutcome =
  | { readonly ok: true; readonly report: Report }
  /** The examination could not begin; a sentence for its user. */
  | { readonly ok: false; readonly message: string };

const PROGRESS_EVERY_MS = 5_000;
/** Without these nothing more can be looked at, so they are settled first. */
const FIRST: readonly RuleId[] = ['start', 'hash'];

/** Runs the examination; ends all that it started. */
export async function examine(options: ExaminationOptions): Promise<ExaminationOutcome> {
  const examiner = new Examiner(options);
  const rules = selectRules(options.only);
  const findings = new Map<RuleId, Finding>();
  const running = new Set<RuleId>();
  const tell = () =>
    options.onProgress?.({
      running: [...running],
      done: findings.size,
      rules: rules.length,
      blocks: examiner.evidence.blocks.length,
    });
  const timer = setInterval(tell, PROGRESS_EVERY_MS);

  const settle = async (rule: Rule): Promise<void> => {
    running.add(rule.id);
    tell();
    const broken = FIRST.find((id) => findings.get(id)?.outcome === 'failed');
    const isBlocked = broken !== undefined && rule.judgesAll !== true;
    findings.set(
      rule.id,
      rule.needsProcesses === true && !examiner.hasProcesses
        ? skipped('Only --exec can start a process for it.')
        : isBlocked
          ? unclear(`Not examined, because of the rule "${broken}".`)
          : await rule.examine(examiner),
    );
    running.delete(rule.id);
    tell();
  };
  try {
    for (const rule of rules) if (FIRST.includes(rule.id)) await settle(rule);
    const later = rules.filter((rule) => !FIRST.includes(rule.id));
    const jobs = examiner.hasProcesses ? options.jobs : 1;
    await runLimited(
      later.filter((rule) => rule.judgesAll !== true && rule.runsAlone !== true),
      jobs,
      settle,
    );
    for (const rule of later) if (rule.runsAlone === true) await settle(rule);
    for (const rule of later) if (rule.judgesAll === true) await settle(rule);
  } catch (error) {
    if (error instanceof Impossible) return { ok: false, message: error.message };
    throw error;
  } finally {
    clearInterval(timer);
    await examiner.close();
  }
  return { ok: true, report: makeReport(rules, findings, examiner) };
}

/** The rules asked for, and what they need to be judged. */
function selectRules(only: readonly RuleId[] | undefined): readonly Rule[] {
  if (only === undefined) return RULES;
  const wanted = new Set<RuleId>(FIRST);
  const add = (id: RuleId): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const need of RULES.find((rule) => rule.id === id)!.needs) add(need);
  };
  only.forEach(add);
  return RULES.filter(({ id }) => wanted.has(id));
}

async function runLimited(
  rules: readonly Rule[],
  limit: number,
  run: (rule: Rule) => Promise<void>,
): Promise<void> {
  const queue = [...rules];
  const work = async () => {
    for (let rule = queue.shift(); rule !== undefined; rule = queue.shift()) await run(rule);
  };
  await Promise.all(Array.from({ length: Math.max(1, limit) }, work));
}

function makeReport(
  rules: readonly Rule[],
  findings: ReadonlyMap<RuleId, Finding>,
  examiner: Examiner,
): Report {
  const settled = new Map<RuleId, Finding>();
  /** A failure counts only where the rules hold that it stands on. */
  const settle = (rule: Rule): Finding => {
    const known = settled.get(rule.id);
    if (known !== undefined) return known;
    let finding = findings.get(rule.id)!;
    if (finding.outcome === 'failed') {
      const cause = rules.find(
        (other) =>
          rule.needs.includes(other.id) && ['failed', 'unclear'].includes(settle(other).outcome),
      );
      if (cause !== undefined)
        finding = unclear(`Not judged, because of the rule "${cause.id}". ${finding.came}`);
    }
    settled.set(rule.id, finding);
    return finding;
  };
  const results = rules.map((rule) => ({ ...rule, finding: settle(rule) }));
  const outcomes = results.map(({ finding }) => finding.outcome);
  return {
    results,
    outcome: outcomes.includes('failed')
      ? 'failed'
      : outcomes.includes('unclear')
        ? 'unclear'
        : 'passed',
    blocks: examiner.evidence.blocks.length,
    meanIntervalMs: examiner.evidence.meanIntervalMs(),
  };
}
