/** One coin, spent on both sides of a partition: when the sides meet, one spending counts, the same one for all (R16). */
import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { FREE_GENESIS_HASH } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { stored, TestPeer } from '../support/peers.ts';
import {
  ALICE,
  CAROL,
  DAVE,
  makeSigned,
  minedBlock,
  payment,
  REWARD,
  toJson,
} from '../support/transactions.ts';

const EARNED = minedBlock(FREE_GENESIS_HASH, ALICE.account);
const HERE = payment({ inputs: [rewardName(hashBlockHex(EARNED))], amount: 20, change: 30 });
const THERE = { ...HERE, to: DAVE.account };
const [HERE_ID, THERE_ID] = [makeSigned(HERE).id, makeSigned(THERE).id];
/** Long enough for a template with what waits, and for all that neighbours tell each other. */
const WAIT_MS = 2_000;

/** Two miners without a link, each with one of two payments of Alice's coin in its mempool. */
function part() {
  const [here, there] = [2, 3].map(
    (number) => new TestPeer(number, { mines: true }, stored([EARNED])),
  ) as [TestPeer, TestPeer];
  const network = new PeerNetwork(here, there);
  // Each finds itself alone, and searches at once.
  for (const each of [here, there]) each.step({ kind: 'present', nodeIds: [] });
  here.step({ kind: 'submit', transaction: toJson(HERE) });
  there.step({ kind: 'submit', transaction: toJson(THERE) });
  network.wait(WAIT_MS);
  const meet = (): void => {
    network.link(here, there);
    network.wait(WAIT_MS);
  };
  return { network, here, there, meet };
}

const ledgerOf = ({ peer }: TestPeer) => peer.keeper.ledger!.ledger;
const waits = ({ peer }: TestPeer, id: string) => peer.keeper.ledger!.mempool.get(id) !== null;

function expectListed(peers: readonly TestPeer[], listed: string, other: string): void {
  for (const each of peers) {
    const ledger = ledgerOf(each);
    expect(ledger.stateOf(listed).kind).toBe('listed');
    expect(ledger.stateOf(other).kind).not.toBe('listed');
    expect(waits(each, other)).toBe(false);
    expect(ledger.balance(ALICE.account)).toBe(REWARD - 20);
    expect(ledger.supply).toBe(ledger.height * REWARD);
  }
  const hashes = peers.map((each) => ledgerOf(each).hashAt(ledgerOf(each).height));
  expect(new Set(hashes).size).toBe(1);
}

describe('a coin that is spent on both sides of a partition', () => {
  it('goes where the side says that finds the first block after it', () => {
    const { network, here, there, meet } = part();
    meet();
    expect([here, there].map((each) => [waits(each, HERE_ID), waits(each, THERE_ID)])).toEqual([
      [true, false],
      [false, true],
    ]);
    there.find();
    network.wait(WAIT_MS);
    expectListed([here, there], THERE_ID, HERE_ID);
  });

  it('goes where the side with more work says, and what the other had listed is void for all', () => {
    const { here, there, meet } = part();
    here.find();
    expect(ledgerOf(here).stateOf(HERE_ID).kind).toBe('listed');
    for (let i = 0; i < 2; i++) {
      there.find();
      there.wait(WAIT_MS);
    }
    meet();
    expectListed([here, there], THERE_ID, HERE_ID);
    const views = here.picture().wallet!.transactions;
    expect(views.find(({ id }) => id === HERE_ID)?.state).toMatchObject({
      kind: 'void',
      code: 'spent-input',
    });
    // Brought again on either side, by whoever has it still.
    for (const each of [here, there]) {
      each.step({ kind: 'submit', transaction: toJson(HERE) });
      each.wait(WAIT_MS);
      each.find();
      expect(ledgerOf(each).stateOf(HERE_ID).kind).not.toBe('listed');
    }
  });

  it('is spent once where a third party brings both payments to both sides', () => {
    const { network, here, there, meet } = part();
    for (const each of [here, there])
      for (const body of [HERE, THERE, { ...HERE, witness: DAVE.account, to: CAROL.account }])
        each.step({ kind: 'submit', transaction: toJson(body) });
    meet();
    here.find();
    network.wait(WAIT_MS);
    expectListed([here, there], HERE_ID, THERE_ID);
  });
});
