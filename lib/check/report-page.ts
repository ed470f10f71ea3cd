/**
 * The report as one HTML file that needs nothing else: for teachers, on paper too.
 */
import type { Report, RuleResult } from './examination.ts';
import type { ReportHead } from './report-text.ts';
import type { Outcome } from './rule.ts';

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  unclear: 'Unclear',
  skipped: 'Skipped',
};
/** Told apart by shape as well as by colour. */
const MARKS: Readonly<Record<Outcome, string>> = {
  passed: '✓',
  failed: '✗',
  unclear: '?',
  skipped: '–',
};
/** What a reader looks for first. */
const ORDER: readonly Outcome[] = ['failed', 'unclear', 'passed', 'skipped'];

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1c20; --quiet: #545a66; --page: #f6f7f9; --card: #fff; --line: #d9dce3;
  --passed: #17663a; --failed: #ab1f2c; --unclear: #7a5200; --skipped: #545a66; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef2; --quiet: #a9b0bd; --page: #14161a; --card: #1e2127;
  --line: #353a44; --passed: #6fd39b; --failed: #ff8f97; --unclear: #f0c063; --skipped: #a9b0bd; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2rem 0 0.6rem; font-size: 1.15rem; }
h3 { margin: 0; font-size: 1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
.verdict { margin: 0.4rem 0 1rem; font-size: 1.15rem; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 0.9rem; margin: 0.5rem 0 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.6rem; }
li { background: var(--card); border: 1px solid var(--line); border-left: 0.3rem solid var(--tone); border-radius: 0.4rem;
  padding: 0.7rem 0.9rem; break-inside: avoid; }
.outcome { color: var(--tone); font-weight: 600; }
.id { color: var(--quiet); font-weight: 400; }
${ORDER.map((outcome) => `.${outcome} { --tone: var(--${outcome}); }`).join('\n')}
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dt { margin-top: 0.35rem; } }
`;

/** The page, as HTML. */
export function writeReportPage(report: Report, head: ReportHead): string {
  const groups = ORDER.map((outcome) => ({
    outcome,
    results: report.results.filter(({ finding }) => finding.outcome === outcome),
  })).filter(({ results }) => results.length > 0);
  const counts = groups.map(
    ({ outcome, results }) => `${results.length} ${WORDS[outcome].toLowerCase()}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${WORDS[report.outcome]}: examination of a miner</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Examination of a miner</h1>
<p class="verdict ${report.outcome}"><span class="outcome">${MARKS[report.outcome]} ${WORDS[report.outcome]}</span>: ${counts.join(', ')}</p>
<dl>
<dt>Miner</dt><dd><code>${escape(head.subject)}</code></dd>
<dt>Target</dt><dd><code>${escape(head.target)}</code></dd>
<dt>Examined</dt><dd><time datetime="${head.at}">${escape(head.at.slice(0, 16).replace('T', ' '))} UTC</time></dd>
<dt>Blocks read</dt><dd>${report.blocks}, one every ${writeDuration(report.meanIntervalMs)}</dd>
</dl>
${groups.map(({ outcome, results }) => writeGroup(outcome, results)).join('\n')}
</main>
</body>
</html>
`;
}

function writeGroup(outcome: Outcome, results: readonly RuleResult[]): string {
  return `<section aria-labelledby="${outcome}">
<h2 id="${outcome}">${WORDS[outcome]}</h2>
<ul>
${results.map(writeRule).join('\n')}
</ul>
</section>`;
}

function writeRule({ id, title, sent, expected, finding }: RuleResult): string {
  const remarks = (finding.remarks ?? []).map(
    (remark) => `<dt>Noted</dt><dd>${escape(remark)}</dd>`,
  );
  return `<li class="${finding.outcome}">
<h3><span class="outcome" aria-label="${WORDS[finding.outcome]}">${MARKS[finding.outcome]}</span> ${escape(title)} <span class="id">(${id})</span></h3>
<dl>
<dt>Sent</dt><dd>${escape(sent)}</dd>
<dt>Expected</dt><dd>${escape(expected)}</dd>
<dt>Came</dt><dd>${escape(finding.came)}</dd>
${remarks.join('\n')}</dl>
</li>`;
}

function writeDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What a miner writes is not to be trusted. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
