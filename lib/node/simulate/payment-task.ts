/**
 * Task 2 (R13, R18): three nodes, drawn as sender, receiver and witness, commit a payment in two phases. Where it is
 * aborted, as a party may crash, three others are drawn.
 */
import type { Transaction } from '../../ledger/transaction.ts';
import type { CompanyNode } from './company.ts';
import { confirmationsOf, isListed, listOf } from './ledger-view.ts';
import { DEEP_BLOCKS, type Stage, type TaskOutcome } from './stage.ts';

const PAYMENTS_LIMIT = 10;
/** A payment that is neither committed nor aborted by then is given up by its sender. */
const PAYMENT_LIMIT_MS = 60_000;
const KNOWN_LIMIT_MS = 60_000;

const COMMITTED: ReadonlySet<string> = new Set(['committed', 'listed', 'confirmed']);

export interface PaymentRun {
  readonly parties: readonly [CompanyNode, CompanyNode, CompanyNode];
  /** Null where it was aborted, or the sender crashed. */
  readonly transaction: Transaction | null;
  readonly tookMs: number;
}

/** Has a node pay, and waits until its payment is decided. */
export async function pay(
  stage: Stage,
  parties: PaymentRun['parties'],
  amount: number,
): Promise<PaymentRun> {
  const { company } = stage;
  const [sender, receiver, witness] = parties;
  const { peer } = sender;
  const before = new Set(peer?.payments?.views().map(({ key }) => key));
  const startedMs = company.nowMs;
  const [to, by] = [receiver.keys.account, witness.keys.account];
  sender.take({ kind: 'pay', to, witness: by, amount });
  const view = () =>
    peer?.payments?.views().find(({ key, role }) => role === 'sender' && !before.has(key));
  await stage.until(() => {
    const state = view()?.state ?? 'aborted';
    return sender.peer !== peer || state === 'aborted' || COMMITTED.has(state);
  }, PAYMENT_LIMIT_MS);
  const { id = null, state = 'aborted' } = view() ?? {};
  const isCommitted = sender.peer === peer && COMMITTED.has(state) && id !== null;
  return {
    parties,
    transaction: isCommitted ? findTransaction(peer!, id) : null,
    tookMs: company.nowMs - startedMs,
  };
}

/** Whether a node knows that this payment is committed. */
export function knowsCommitted({ peer }: CompanyNode, id: string): boolean {
  if (isListed(peer, id)) return true;
  return (
    peer?.payments?.views().some((view) => view.id === id && COMMITTED.has(view.state)) ?? false
  );
}

export async function commitPayment(stage: Stage): Promise<TaskOutcome> {
  const payers = () => stage.running.filter((node) => stage.freeCoins(node).length > 0);
  await stage.until(() => payers().length > 0);
  stage.crashes.beginWave();
  for (let tries = 1; tries <= PAYMENTS_LIMIT; tries++) {
    if (!(await stage.until(() => payers().length > 0 && stage.running.length > 2))) break;
    const sender = stage.random.pick(payers());
    const { chosen, far } = pickFar(stage, sender);
    const [receiver, witness] = chosen;
    const ways = `${far} of these 2 without a link to the sender`;
    stage.tell(
      `node ${sender.index} pays node ${receiver!.index}, and node ${witness!.index} is the witness: ${ways}`,
    );
    const run = await pay(stage, [sender, receiver!, witness!], 7);
    const { transaction, parties, tookMs } = run;
    if (transaction === null) continue;
    const { id } = transaction;
    const knowing = () => parties.filter((node) => knowsCommitted(node, id)).length;
    const isDeep = () => stage.peers.every((peer) => confirmationsOf(peer, id) >= DEEP_BLOCKS);
    const isKnown = await stage.until(
      () => knowing() === parties.length && stage.crashes.isOver && isDeep(),
      KNOWN_LIMIT_MS,
    );
    // A reorganisation may have taken the coins, from all three alike.
    if (!isKnown && !stage.peers.some((peer) => isListed(peer, id))) continue;
    const isSigned = stage.isRight(transaction);
    stage.committed = transaction;
    return {
      ok: knowing() === parties.length && isSigned,
      finding: `${knowing()} of 3 say that ${transaction.id.slice(0, 8)} is committed, its 3 signatures are ${isSigned ? 'right' : 'wrong'}, ${Math.round(tookMs)} ms, ${ways}, try ${tries}`,
    };
  }
  return { ok: false, finding: `no payment was committed in ${PAYMENTS_LIMIT} tries` };
}

/** Two others, and how many of them have no link to this node: where there are such, its messages go through others. */
function pickFar(stage: Stage, node: CompanyNode): { chosen: CompanyNode[]; far: number } {
  const linked = new Set(node.peer?.context.greeted().map(({ nodeId }) => nodeId));
  const others = stage.pickOthers(stage.nodes.length, [node]);
  const far = others.filter(({ keys }) => !linked.has(keys.account));
  const near = others.filter(({ keys }) => linked.has(keys.account));
  return { chosen: [...far, ...near].slice(0, 2), far: Math.min(2, far.length) };
}

function findTransaction(peer: NonNullable<CompanyNode['peer']>, id: string): Transaction | null {
  const waiting = peer.keeper.ledger?.mempool.get(id) ?? null;
  return waiting ?? listOf(peer).find((listed) => listed.id === id) ?? null;
}
