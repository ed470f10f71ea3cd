/** The signatures of a stored chain are checked by a thread before the peer reads it, and the peer believes no other. */
import { describe, expect, it } from 'vitest';
import { hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { checkStored } from '../../lib/drivers/stored-signatures.ts';
import { createThreadSignatureChecker } from '../../lib/drivers/workers/thread-signature-checker.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { transactionToJson, type TransactionJson } from '../../lib/ledger/transaction.ts';
import type { StoredChain } from '../../lib/peer/inputs.ts';
import { FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { stored, TestPeer } from '../support/peers.ts';
import {
  ALICE,
  BOB,
  CAROL,
  makeSigned,
  minedBlock,
  note,
  payment,
  REWARD,
  toJson,
} from '../support/transactions.ts';

/** More than are asked about at once. */
const NOTES = 70;

/** Alice earns a coin; a block has a forged payment of it, a good one, and many lines. */
function makeChain(): StoredChain {
  const earned = minedBlock(FREE_GENESIS_HASH, ALICE.account);
  const body = payment({ inputs: [rewardName(hashBlockHex(earned))], amount: 20, change: 30 });
  const forged = transactionToJson(
    makeSigned({ ...body, amount: 50, change: 0 }, [ALICE, CAROL, BOB]),
  );
  const blocks: Block[] = [earned];
  const add = (transactions: readonly TransactionJson[]): void => {
    blocks.push(minedBlock(hashBlockHex(blocks.at(-1)!), CAROL.account, transactions));
  };
  add([forged, toJson(body)]);
  for (let i = 0; i < NOTES; i += 10)
    add(Array.from({ length: 10 }, (_, j) => toJson(note(`line ${i + j}`))));
  return stored(blocks);
}

function read(chain: StoredChain) {
  const { ledger, checks } = new TestPeer(9, {}, chain).peer.keeper.ledger!;
  return { balance: ledger.balance(ALICE.account), hash: ledger.hashAt(ledger.height), checks };
}

describe('a stored chain whose signatures a thread has checked', () => {
  it('is read without another check of the good ones, and becomes the very same ledger', async () => {
    const chain = makeChain();
    const checked = await checkStored(chain, createThreadSignatureChecker);
    expect(checked.signed).toHaveLength(1 + NOTES);
    const [alone, helped] = [read(chain), read(checked)];
    expect(helped.hash).toBe(alone.hash);
    expect(helped.balance).toBe(REWARD - 20);
    expect(alone.checks.performed).toBeGreaterThan(NOTES);
    // The forged one alone, whose first wrong signature is the second.
    expect(helped.checks.performed).toBe(2);
  });

  it('is read as ever where the thread dies or is silent', async () => {
    const chain = makeChain();
    const { hash } = read(chain);
    let closed = 0;
    const close = () => void closed++;
    const dead = await checkStored(chain, (answered) => ({
      check: (ticket) => queueMicrotask(() => answered({ ticket, good: [] })),
      close,
    }));
    const silent = await checkStored(chain, () => ({ check: () => undefined, close }), 1);
    for (const checked of [dead, silent]) {
      expect(checked.signed).toEqual([]);
      expect(read(checked).hash).toBe(hash);
    }
    expect(closed).toBe(2);
  });

  it('starts no thread where there is nothing to check', async () => {
    const chain = stored(freeBlocks(FREE_GENESIS_HASH, 3, 'empty'));
    const checked = await checkStored(chain, () => {
      throw new Error('nothing is to be checked');
    });
    expect(checked).toBe(chain);
  });
});
