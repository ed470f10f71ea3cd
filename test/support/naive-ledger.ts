/**
 * The rules of the ledger once more, as plainly as can be: from the first block on, with maps, and with OpenSSL for the
 * signatures. It shares nothing with lib/ledger but the rules.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { hashBlock, type Block } from '../../lib/chain/block.ts';
import { PEOPLE } from './transactions.ts';

interface NaiveCoin {
  readonly owner: string;
  readonly amount: number;
}
export interface NaiveLedger {
  readonly coins: Map<string, NaiveCoin>;
  /** Ids in their order. */
  readonly listed: string[];
  readonly heights: Map<string, number>;
  rewards: number;
}
type Fields = Record<string, unknown>;

const ACCOUNT = /^[0-9a-f]{40}$/;
const COIN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\.[01]$/;
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const verdicts = new Map<string, boolean>();

/** The ledger after these blocks, which stand one upon the other above the genesis block. */
export function naiveLedger(
  blocks: readonly Block[],
  genesis: string,
  reward: number,
): NaiveLedger {
  const ledger: NaiveLedger = { coins: new Map(), listed: [], heights: new Map(), rewards: 0 };
  blocks.forEach((block, i) => executeNaively(ledger, block, i + 1, genesis, reward));
  return ledger;
}

function executeNaively(
  ledger: NaiveLedger,
  block: Block,
  height: number,
  genesis: string,
  reward: number,
): void {
  let payload: Fields;
  try {
    payload = JSON.parse(Buffer.from(block.data).toString()) as Fields;
  } catch {
    return;
  }
  if (typeof payload !== 'object' || payload === null) return;
  const { miner, transactions } = payload;
  if (typeof miner !== 'string' || !ACCOUNT.test(miner)) return;
  const coin = `${Buffer.from(hashBlock(block)).toString('base64url')}.0`;
  ledger.coins.set(coin, { owner: miner, amount: reward });
  ledger.rewards += reward;
  if (!Array.isArray(transactions)) return;
  for (const transaction of transactions) {
    const id = listNaively(ledger, transaction as Fields, height, genesis);
    if (id === null) continue;
    ledger.listed.push(id);
    ledger.heights.set(id, height);
  }
}

/** Applies a transaction and returns its id, or null where it is void or none. */
export function listNaively(
  { coins, heights }: NaiveLedger,
  fields: Fields,
  height: number,
  genesis: string,
): string | null {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return null;
  const { signatures, ...body } = fields;
  const { kind, from, to, witness, inputs, amount, change, expiry, text } = body as Fields;
  const names =
    kind === 'pay'
      ? 'amount change expiry from inputs kind to witness'
      : kind === 'merge'
        ? 'amount expiry from inputs kind'
        : 'expiry from kind text';
  if (Object.keys(body).sort().join(' ') !== names) return null;
  if (!isWhole(expiry, 1, 2 ** 40) || height > expiry) return null;
  const parties = kind === 'pay' ? [from, to, witness] : [from];
  if (!parties.every((party) => typeof party === 'string' && ACCOUNT.test(party))) return null;
  if (new Set(parties).size !== parties.length) return null;
  if (kind === 'note') {
    if (typeof text !== 'string' || text === '' || [...text].length > 280) return null;
    if (
      [...text].some(
        (c) => c < ' ' || (c >= '\x7f' && c <= '\x9f') || /^[\u2028\u2029\ud800-\udfff]$/.test(c),
      )
    )
      return null;
  } else {
    if (kind !== 'pay' && kind !== 'merge') return null;
    const back = kind === 'pay' ? change : 0;
    if (!isWhole(amount, 1, 2 ** 50) || !isWhole(back, 0, 2 ** 50)) return null;
    const [least, most] = kind === 'pay' ? [1, 4] : [2, 8];
    if (!Array.isArray(inputs) || inputs.length < least || inputs.length > most) return null;
    if (!inputs.every((name) => typeof name === 'string' && COIN.test(name))) return null;
    const spent = new Set(inputs as string[]);
    const found = [...spent].map((name) => coins.get(name));
    if (spent.size < inputs.length || found.some((coin) => coin?.owner !== from)) return null;
    if (found.reduce((sum, coin) => sum + coin!.amount, 0) !== amount + back) return null;
  }
  const signedText = `tabchain transaction 1\n${genesis}\n${sortedJson(body)}`;
  const id = createHash('sha256').update(signedText).digest('base64url');
  if (heights.has(id) || sortedJson(fields).length > 700) return null;
  if (!Array.isArray(signatures) || signatures.length !== parties.length) return null;
  if (!parties.every((party, i) => isSignedBy(party as string, signedText, signatures[i])))
    return null;
  for (const name of (inputs ?? []) as string[]) coins.delete(name);
  if (kind === 'merge') coins.set(`${id}.0`, { owner: from as string, amount: amount as number });
  if (kind === 'pay') coins.set(`${id}.0`, { owner: to as string, amount: amount as number });
  if (kind === 'pay' && change !== 0)
    coins.set(`${id}.1`, { owner: from as string, amount: change as number });
  return id;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Objects one level deep, as RFC 8785 writes them. */
function sortedJson(fields: Fields): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

function isSignedBy(account: string, text: string, signature: unknown): boolean {
  if (typeof signature !== 'string') return false;
  const key = `${account} ${text} ${signature}`;
  const verdict = verdicts.get(key) ?? verifyNaively(account, text, signature);
  verdicts.set(key, verdict);
  return verdict;
}

/** By the public key, without recovery: of the recovery byte only its range is seen. */
function verifyNaively(account: string, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 65 || bytes.toString('base64url') !== signature || bytes[0]! > 1)
    return false;
  if (BigInt(`0x${bytes.subarray(33).toString('hex')}`) > HALF_ORDER) return false;
  const person = PEOPLE.find((keys) => keys.account === account);
  if (person === undefined) return false;
  const der = Buffer.concat([
    Buffer.from('3036301006072a8648ce3d020106052b8104000a032200', 'hex'),
    person.publicKey,
  ]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(
    'sha256',
    Buffer.from(text),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    bytes.subarray(1),
  );
}
