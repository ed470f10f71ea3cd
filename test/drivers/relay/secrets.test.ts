import { describe, expect, test } from 'vitest';
import { RelaySecrets, SECRETS_LIMIT } from '../../../lib/drivers/relay/secrets.ts';
import { accountOf, sharedSecret, type KeyPair } from '../../../lib/ledger/account.ts';
import { AGREEMENTS_BURST, AGREEMENTS_PER_SECOND } from '../../../lib/net/links/pair-keys.ts';
import { keysOf } from '../../support/peers.ts';

const [alice, bob, eve] = [1, 2, 3].map(keysOf) as [KeyPair, KeyPair, KeyPair];

function secretsOf(keys: KeyPair): RelaySecrets {
  return new RelaySecrets(keys, 0);
}

/** Bytes that are no key, though they have an account. */
function noKey(number: number): Uint8Array {
  return Uint8Array.of(...new Uint8Array(32), number);
}

describe('a secret of the relay', () => {
  test('is the same for the caller and the called, and for no other pair', () => {
    const called = secretsOf(alice).ofCalled(bob.account, bob.publicKey);
    expect(called).toEqual(secretsOf(bob).ofCaller(alice.account, alice.publicKey, 0));
    expect(called).not.toEqual(sharedSecret(eve, bob.publicKey));
  });

  test.each([
    ['a key that is not the node’s', bob.account, eve.publicKey],
    ['bytes that are no key', accountOf(noKey(0)), noKey(0)],
    ['our own key', alice.account, alice.publicKey],
  ])('is not made with %s', (_name, nodeId, publicKey) => {
    expect(secretsOf(alice).ofCalled(nodeId, publicKey)).toBeNull();
    expect(secretsOf(alice).ofCaller(nodeId, publicKey, 0)).toBeNull();
  });

  test('is made for so many strangers at once as the budget allows, and for more as time goes on', () => {
    const secrets = secretsOf(alice);
    secrets.ofCalled(eve.account, eve.publicKey);
    for (let n = 0; n < AGREEMENTS_BURST; n++) {
      const publicKey = noKey(n);
      secrets.ofCaller(accountOf(publicKey), publicKey, 0);
    }
    expect(secrets.ofCaller(bob.account, bob.publicKey, 0)).toBeNull();
    // Whom we know, and whom we call ourselves, costs the strangers' budget nothing.
    for (let n = 0; n < 2 * AGREEMENTS_BURST; n++)
      expect(secrets.ofCaller(eve.account, eve.publicKey, 0)).not.toBeNull();
    const later = 1_000 / AGREEMENTS_PER_SECOND;
    const secret = secrets.ofCaller(bob.account, bob.publicKey, later);
    expect(secret).toEqual(sharedSecret(alice, bob.publicKey));
  });

  test('is made for a stranger, however many have called under its name with keys that are not its own', () => {
    const secrets = secretsOf(alice);
    for (let n = 0; n < 2 * AGREEMENTS_BURST; n++)
      expect(secrets.ofCaller(bob.account, noKey(n), 0)).toBeNull();
    expect(secrets.ofCaller(bob.account, bob.publicKey, 0)).not.toBeNull();
  });

  test('is forgotten, the longest unused first, where there are more than are kept', () => {
    const secrets = secretsOf(alice);
    secrets.ofCalled(bob.account, bob.publicKey);
    for (let n = 0; n < SECRETS_LIMIT; n++) {
      const { account, publicKey } = keysOf(100 + n);
      secrets.ofCalled(account, publicKey);
    }
    for (let n = 0; n < AGREEMENTS_BURST; n++) {
      const publicKey = noKey(n);
      secrets.ofCaller(accountOf(publicKey), publicKey, 0);
    }
    expect(secrets.ofCaller(bob.account, bob.publicKey, 0)).toBeNull();
    const last = keysOf(100 + SECRETS_LIMIT - 1);
    expect(secrets.ofCaller(last.account, last.publicKey, 0)).not.toBeNull();
  });
});
