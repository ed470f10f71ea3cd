/**
 * A sender tells the cohorts what came of an attempt (R13), again and again until they have it on their disks.
 */
import type { Account } from '../account.ts';
import { cohortsOf, type Attempt } from './attempt.ts';
import type { CommitDesk } from './desk.ts';
import { TELL_AGAIN_MS, TELL_LIMIT_MS } from './limits.ts';

export function tellAll(attempt: Attempt, desk: CommitDesk): void {
  for (const account of cohortsOf(attempt.body)) tell(attempt, account, desk);
}

/** Where nobody answers, the attempt says when to tell this one again. */
export function tell(attempt: Attempt, account: Account, desk: CommitDesk): void {
  const { id, transaction, told, tell: due } = attempt;
  due.set(account, Number.POSITIVE_INFINITY);
  const request =
    transaction === null
      ? ({ kind: 'abort', id } as const)
      : ({ kind: 'commit', transaction } as const);
  desk.ask(account, request, TELL_LIMIT_MS, (answer) => {
    if (answer?.kind === 'done') {
      due.delete(account);
      told.add(account);
      desk.changed(attempt.order.key);
    } else due.set(account, desk.nowMs + desk.jitter(TELL_AGAIN_MS));
  });
}
