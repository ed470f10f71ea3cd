import { afterEach, describe, expect, test } from 'vitest';
import { createRelayTransport, type RelayTransport } from '../../../lib/drivers/relay/transport.ts';
import { keysOf } from '../../support/peers.ts';

/** Two ends whose frames wait until they are carried. */
function openPair() {
  const heard: string[][] = [[], []];
  const waiting: { readonly to: number; readonly frame: Uint8Array }[] = [];
  const accounts = [1, 2].map((number) => keysOf(number).account);
  const ends: RelayTransport[] = [1, 2].map((number, index) =>
    createRelayTransport(
      {
        keys: keysOf(number),
        room: 'room',
        post(to, frame) {
          waiting.push({ to: accounts.indexOf(to), frame });
          return true;
        },
        queuedBytes: () => 0,
      },
      {
        connected: () => void heard[index]!.push('connected'),
        received: () => void heard[index]!.push('received'),
        disconnected: () => void heard[index]!.push('disconnected'),
        dialFailed: () => void heard[index]!.push('failed'),
        warn: (message) => void heard[index]!.push(message),
      },
    ),
  );
  const carryOne = (): boolean => {
    const next = waiting.shift();
    if (next !== undefined) ends[next.to]!.hear(accounts[1 - next.to]!, next.frame);
    return next !== undefined;
  };
  opened.push(...ends);
  return { accounts, ends, heard, carryOne };
}

const opened: RelayTransport[] = [];
afterEach(() => {
  for (const end of opened.splice(0)) end.close();
});

describe('a call over the relay', () => {
  test('opens a link at both ends', () => {
    const { accounts, ends, heard, carryOne } = openPair();
    ends[0]!.dial(accounts[1]!);
    while (carryOne());
    expect(heard).toEqual([['connected'], ['connected']]);
  });

  test.each([
    ['the caller', 0, 'before anybody has heard of it', 0],
    ['the caller', 0, 'while the answer is on its way', 1],
    ['the called', 1, 'while its answer is on its way', 1],
    ['the called', 1, 'while the other end takes it for open', 2],
  ] as const)('comes to nothing where %s (%i) cancels it %s', (_who, canceller, _when, frames) => {
    const { accounts, ends, heard, carryOne } = openPair();
    ends[0]!.dial(accounts[1]!);
    for (let i = 0; i < frames; i++) carryOne();
    ends[canceller]!.cancel(accounts[1 - canceller]!);
    while (carryOne());
    expect(heard[canceller]).toEqual([]);
    // And another can be made.
    ends[canceller]!.dial(accounts[1 - canceller]!);
    while (carryOne());
    expect(heard[canceller]).toEqual(['connected']);
    expect(heard[1 - canceller]!.at(-1)).toBe('connected');
  });
});
