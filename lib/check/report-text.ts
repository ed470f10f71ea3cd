/**
 * The report as lines of text, and as JSON.
 */
import type { Report } from './examination.ts';
import type { Outcome } from './rule.ts';

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  failed: 'FAILED',
  unclear: 'unclear',
  skipped: 'skipped',
};
const WORD_CHARS = Math.max(...Object.values(OUTCOME_WORDS).map((word) => word.length));

/** One line for each rule, and one that counts them. */
export function writeReportLines({ results, blocks }: Report): string[] {
  const idChars = Math.max(...results.map(({ id }) => id.length));
  const lines = results.map(({ id, sent, expected, finding }) => {
    const remarks = finding.remarks ?? [];
    const noted = remarks.length === 0 ? '' : ` · noted: ${remarks.join(' ')}`;
    return `${OUTCOME_WORDS[finding.outcome].padEnd(WORD_CHARS)}  ${id.padEnd(idChars)}  sent: ${sent} · expected: ${expected} · came: ${finding.came}${noted}`;
  });
  const counts = (Object.keys(OUTCOME_WORDS) as Outcome[])
    .map((outcome) => ({
      outcome,
      number: results.filter(({ finding }) => finding.outcome === outcome).length,
    }))
    .filter(({ number }) => number > 0)
    .map(({ outcome, number }) => `${number} ${outcome}`);
  return [...lines, `${counts.join(', ')}; ${blocks} blocks of the miner were read`];
}

export interface ReportHead {
  /** The command or address that was examined. */
  readonly subject: string;
  readonly target: string;
  /** When the examination ended, as ISO 8601. */
  readonly at: string;
}

/** The same for programs. */
export function writeReportJson(report: Report, head: ReportHead): string {
  const { outcome, blocks, meanIntervalMs, results } = report;
  return JSON.stringify(
    {
      ...head,
      outcome,
      blocks,
      meanIntervalMs: Math.round(meanIntervalMs),
      rules: results.map(({ id, title, sent, expected, finding }) => ({
        rule: id,
        outcome: finding.outcome,
        title,
        sent,
        expected,
        came: finding.came,
        remarks: finding.remarks ?? [],
      })),
    },
    null,
    2,
  );
}
