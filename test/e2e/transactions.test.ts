/**
 * The list of transactions as people read it: lines, merges, payments, and an attempt to spend a coin twice, shown as what
 * it is; and who comes later has their signatures checked in a worker (R12, R16, R25).
 */
import { expect } from 'vitest';
import type { SessionSnapshot } from '../../lib/drivers/session.ts';
import { readAccountFile } from '../../lib/ledger/account-file.ts';
import { KEY_SEED_BYTES, makeKeyPair, type KeyPair } from '../../lib/ledger/account.ts';
import { rewardName } from '../../lib/ledger/coin-name.ts';
import { BLOCK_REWARD } from '../../lib/ledger/genesis.ts';
import {
  makeTransaction,
  signTransaction,
  transactionId,
  transactionToJson,
  type Payment,
} from '../../lib/ledger/transaction.ts';
import { bytesToHex } from '../../lib/chain/bytes.ts';
import { encodeMessage, PROTOCOL_VERSION } from '../../lib/net/messages.ts';
import { joinRoom, POWER, type TabMember } from './harness/room.ts';
import { readStore, reload, servePage, storeOf } from './harness/stores.ts';
import { joinAsStranger } from './harness/stranger.ts';
import { waitFor } from './harness/wait.ts';
import { test } from './harness/world.ts';

const WITHIN_MS = 120_000;
const ROOM = 'market';
const LINE = 'a line for everybody';
const KEPT_LINE = 'a line that waits while its tab is reloaded';
/** More coins than one payment takes. */
const COINS = 6;

test('lines, merges and an attempt to spend a coin twice stand in the list of every tab', async ({
  world,
}) => {
  const address = await servePage(world);
  const link = `${address}#r=${ROOM}&g=new&target=2**240&spacing=1000`;
  const payer = await reloadWaiting(await joinRoom(world, 'payer', link));
  const payee = await joinRoom(world, 'payee', link);
  const both = [payer, payee];
  for (const { tab } of both) tab.page.setDefaultTimeout(WITHIN_MS);
  await payee.setPaused(true);
  await until(payer, 'it has coins and a neighbour', ({ wallet, peers }) => {
    return (wallet?.freeCoins ?? 0) >= COINS && peers.length > 0;
  });

  // Whoever does not mine writes all the same.
  await payee.tab.page.locator('#line').fill(LINE);
  await payee.tab.page.getByRole('button', { name: 'Write', exact: true }).click();
  await payer.tab.page.getByRole('button', { name: 'Merge small coins' }).click();
  for (const { tab } of both) {
    const listed = tab.page.locator('[data-testid=transaction][data-state=listed]');
    await listed.filter({ hasText: LINE }).waitFor();
    await listed.filter({ hasText: KEPT_LINE }).waitFor();
    await listed.filter({ hasText: 'small coins into one of' }).first().waitFor();
  }

  // With nobody mining both are at one tip, and the coin that is spent twice stays where it is.
  await payer.setPaused(true);
  await waitFor(async () => (await payer.tip()) === (await payee.tip()), {
    timeoutMs: WITHIN_MS,
    describe: 'both tabs are at one tip',
  });
  const keys = { payer: await keysOf(payer), payee: await keysOf(payee) };
  const witness = makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(7));
  const { tip, room } = await payer.snapshot();
  const genesis = room.genesis!;
  // The block on top, whose reward no merge has taken.
  const coin = rewardName(tip!.hash);
  const expiry = tip!.height + 1_000;
  const signed = (from: KeyPair, to: KeyPair, by: KeyPair, amount: number) => {
    const body: Payment = {
      ...{ kind: 'pay', from: from.account, to: to.account, witness: by.account },
      ...{ inputs: [coin], amount, change: BLOCK_REWARD - amount, expiry },
    };
    const id = transactionId(body, genesis);
    const signatures = [from, to, by].map((each) => signTransaction(id, each));
    const transaction = transactionToJson(makeTransaction(body, signatures, genesis));
    return { id, message: encodeMessage({ type: 'transaction', transaction }) };
  };
  const first = signed(keys.payer, keys.payee, witness, 20);
  const second = signed(keys.payer, witness, keys.payee, 30);

  const thief = makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(9));
  const stranger = await joinAsStranger(world, {
    port: Number(new URL(address).port),
    room: ROOM,
    keys: thief,
  });
  const hello = encodeMessage({
    type: 'hello',
    version: PROTOCOL_VERSION,
    room: ROOM,
    publicKey: bytesToHex(thief.publicKey),
    name: 'thief',
    agent: 'tab',
    status: { genesis, endorsement: null, tip: tip!.hash, height: tip!.height, work: 0n },
  });
  // Where the second one goes, the first one has been. A stranger may die of what it does, and begins again then.
  for (const [member, frames] of [
    [payee, [hello, first.message, second.message]],
    [payer, [hello, second.message]],
  ] as const)
    await waitFor(
      async () => {
        await stranger.send(member.nodeId, frames);
        const isKnown = await holds(payer, first.id, 'waiting');
        return isKnown && (await holds(member, second.id, 'void'));
      },
      {
        timeoutMs: WITHIN_MS,
        describe: `${member.name} has refused the second payment`,
        pollMs: 2_000,
      },
    );

  for (const { tab } of both) {
    const twice = tab.page.locator('[data-testid=transaction][data-state=void]');
    await twice.filter({ hasText: 'an attempt to spend a coin twice' }).waitFor();
    await twice.filter({ hasText: 'pays 30 coins to' }).waitFor();
    await twice.filter({ hasText: `The coin is in ${first.id.slice(0, 8)}` }).waitFor();
  }

  // Both pay whoever they pay in the end: the first one counts, and the second never.
  await payer.setPaused(false);
  for (const member of both)
    await until(member, 'the first payment is in a block, and the second is void', ({ wallet }) => {
      const stateOf = (wanted: string) =>
        wallet!.transactions.find(({ id }) => id === wanted)?.state.kind;
      return stateOf(first.id) === 'listed' && stateOf(second.id) === 'void';
    });
  await payer.setPaused(true);
  const newcomer = await joinRoom(world, 'newcomer', link);
  await newcomer.setPaused(true);
  await until(newcomer, 'it has the list', ({ wallet }) =>
    (wallet?.transactions ?? []).some(
      ({ id, state }) => id === first.id && state.kind === 'listed',
    ),
  );
  const workers = newcomer.tab.page.workers().map((worker) => worker.url());
  expect(workers.filter((url) => url.includes('signature'))).toHaveLength(1);
});

/** Writes a line in a tab that is alone and does not mine, and reloads it once the line is on the disk. */
async function reloadWaiting(member: TabMember): Promise<TabMember> {
  const { page } = member.tab;
  await until(member, 'it has stored a block', ({ storedHeight }) => storedHeight !== null);
  await member.setPaused(true);
  await page.locator('#line').fill(KEPT_LINE);
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  const store = await storeOf(page);
  await waitFor(
    async () => (await readStore(page, store)).some(([key]) => key.startsWith('transaction:')),
    { timeoutMs: WITHIN_MS, describe: 'the line is on the disk' },
  );
  const again = await reload(member);
  await again.setPower(POWER);
  return again;
}

async function holds(member: TabMember, wanted: string, kind: string): Promise<boolean> {
  const { wallet } = await member.snapshot();
  return wallet!.transactions.some(({ id, state }) => id === wanted && state.kind === kind);
}

async function keysOf({ tab }: TabMember): Promise<KeyPair> {
  const read = readAccountFile(
    await tab.page.evaluate(() => window.tabchain!.session.writeAccount()),
  );
  if (!read.ok) throw new Error(read.message);
  return read.keys;
}

async function until(
  member: TabMember,
  describe: string,
  isRight: (snapshot: SessionSnapshot) => boolean,
): Promise<void> {
  await waitFor(async () => isRight(await member.snapshot()), {
    timeoutMs: WITHIN_MS,
    describe: `${member.name}: ${describe}`,
  });
}
