import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PropertyName } from '../../../lib/sim/links/properties.ts';
import type { StackKind } from '../../../lib/sim/links/stacks.ts';
import type * as LinkWorlds from '../../../lib/sim/links/world.ts';
import { bundleLinkWorlds, type SourceChange } from '../../support/simulator-bundle.ts';

/** Worlds in which a deliberate bug has to show. */
const SEEDS = 60;
const TIMEOUT_MS = 60_000;

interface Mutant extends SourceChange {
  /** What it does wrong, as the end of a test's name. */
  readonly name: string;
  readonly stack: StackKind;
  /** One of these has to be broken. */
  readonly breaks: readonly PropertyName[];
}

const MUTANTS: readonly Mutant[] = [
  {
    name: 'a carrier that hears one of its senders no more',
    file: 'lib/sim/links/carrier.ts',
    find: 'this.#random.chance(LOSS)',
    replace: '(this.#readNowMs() > 20_000 || this.#random.chance(LOSS))',
    stack: 'fair-loss',
    breaks: ['FLL1'],
  },
  {
    name: 'a carrier that makes copy after copy',
    file: 'lib/sim/links/carrier.ts',
    find: 'if (random.chance(DUPLICATION)) this',
    replace: 'for (let i = 0; i < 20; i++) this',
    stack: 'fair-loss',
    breaks: ['FLL2'],
  },
  {
    name: 'a carrier that changes what it carries',
    file: 'lib/sim/links/carrier.ts',
    find: 'this.#arrive(to, from, bytes));',
    replace: 'this.#arrive(to, from, bytes.length % 3 === 0 ? bytes.subarray(1) : bytes));',
    stack: 'fair-loss',
    breaks: ['FLL3'],
  },
  {
    name: 'nothing is retransmitted',
    file: 'lib/net/links/stubborn.ts',
    find: 'for (const { to, bytes } of due) this.#carrier.send(to, bytes);',
    replace: 'due.length = 0;',
    stack: 'stubborn',
    breaks: ['SL1'],
  },
  {
    name: 'a perfect link on a link that does not retransmit',
    file: 'lib/net/links/stubborn.ts',
    find: 'for (const { to, bytes } of due) this.#carrier.send(to, bytes);',
    replace: 'due.length = 0;',
    stack: 'perfect',
    breaks: ['PL1'],
  },
  {
    name: 'a message that is sent grows',
    file: 'lib/net/links/stubborn.ts',
    find: `    this.#carrier.send(to, bytes);
    return { ok: true, id };`,
    replace: `    this.#carrier.send(to, new Uint8Array([...bytes, 33]));
    return { ok: true, id };`,
    stack: 'stubborn',
    breaks: ['SL2'],
  },
  {
    name: 'no memory of duplicates',
    file: 'lib/net/links/incoming.ts',
    find: 'const isNew = sequence >= sender.below && !sender.delivered.has(sequence);',
    replace: 'const isNew = sequence >= 0;',
    stack: 'perfect',
    breaks: ['PL2'],
  },
  {
    name: `sessions that do not name the receiver's life`,
    file: 'lib/net/links/incoming.ts',
    find: 'session.epoch !== this.#epoch || grant > this.#lastGrant',
    replace: `session.epoch === ''`,
    stack: 'perfect',
    breaks: ['PL2'],
  },
  {
    name: 'sessions that never die',
    file: 'lib/net/links/incoming.ts',
    find: 'grant < (sender?.grant ?? this.#deadGrant + 1)',
    replace: 'grant < 0',
    stack: 'perfect',
    breaks: ['PL2', 'lifeOrder'],
  },
  {
    name: 'a message acknowledged before it has come',
    file: 'lib/net/links/perfect.ts',
    find: 'below: arrival.below });',
    replace: 'below: arrival.below + 1 });',
    stack: 'perfect',
    breaks: ['PL1', 'settling'],
  },
  {
    name: 'a lost session about which nobody is told',
    file: 'lib/net/links/outgoing.ts',
    find: `this.#sending.settle(this.#to, id, { kind: 'failed', code, epoch });`,
    replace: 'void [id, epoch, code];',
    stack: 'perfect',
    breaks: ['settling'],
  },
  {
    name: 'messages put into the box of another peer',
    file: 'lib/net/links/perfect.ts',
    find: `this.#events.push({ kind: 'delivered', from, bytes });`,
    replace: `this.#events.push({ kind: 'delivered', from: bytes.length % 7 === 0 ? '' : from, bytes });`,
    stack: 'perfect',
    breaks: ['PL3'],
  },
  {
    name: 'proofs that nobody checks',
    file: 'lib/net/links/sealed-carrier.ts',
    find: 'if (!equalBytes(tag,',
    replace: 'if (equalBytes(tag,',
    stack: 'authenticated',
    breaks: ['AL1'],
  },
  {
    name: 'proofs that nobody needs',
    file: 'lib/net/links/sealed-carrier.ts',
    find: 'if (!equalBytes(tag, this.#tagOf(agreed.key, from, this.#keys.account, bytes)))',
    replace: 'if (tag.length === 0)',
    stack: 'authenticated',
    breaks: ['AL3'],
  },
  {
    name: 'keys that need not be those of the account',
    file: 'lib/net/links/sealed-carrier.ts',
    find: 'if (accountOf(publicKey) !== from)',
    replace: 'if (publicKey.length === 0)',
    stack: 'authenticated',
    breaks: ['AL3', 'AL1'],
  },
  {
    name: 'authenticated links without a memory of duplicates',
    file: 'lib/net/links/incoming.ts',
    find: 'const isNew = sequence >= sender.below && !sender.delivered.has(sequence);',
    replace: 'const isNew = sequence >= 0;',
    stack: 'authenticated',
    breaks: ['AL2'],
  },
  {
    name: 'a member left out of a broadcast',
    file: 'lib/net/links/best-effort-broadcast.ts',
    find: '    const outcome = link.send(member, bytes, nowMs);',
    replace: `    if (member < self) continue;
    const outcome = link.send(member, bytes, nowMs);`,
    stack: 'best-effort',
    breaks: ['BEB1'],
  },
  {
    name: 'a broadcast that sends twice',
    file: 'lib/net/links/best-effort-broadcast.ts',
    find: '    const outcome = link.send(member, bytes, nowMs);',
    replace: `    link.send(member, bytes, nowMs);
    const outcome = link.send(member, bytes, nowMs);`,
    stack: 'best-effort',
    breaks: ['BEB2'],
  },
  {
    name: 'a gossip that nobody passes on',
    file: 'lib/net/links/gossip-broadcast.ts',
    find: 'hopsLeft === 1',
    replace: 'hopsLeft <= GOSSIP_HOPS_LIMIT',
    stack: 'gossip',
    breaks: ['PB1'],
  },
  {
    name: 'a gossip that nobody remembers',
    file: 'lib/net/links/gossip-broadcast.ts',
    find: 'if (this.#seen.has(name)) return',
    replace: 'if (hopsLeft < 8) return',
    stack: 'gossip',
    breaks: ['PB2'],
  },
  {
    name: 'a gossip that takes who passes it on for its origin',
    file: 'lib/net/links/gossip-broadcast.ts',
    find: 'origin: bytesToHex(origin), bytes, relayed',
    replace: 'origin: from, bytes, relayed',
    stack: 'gossip',
    breaks: ['PB3'],
  },
  {
    name: 'calls that are not remembered',
    file: 'lib/net/links/callers.ts',
    find: 'if (call !== undefined || caller.calls.size >= REMEMBERED_CALLS_LIMIT)',
    replace: 'if (caller.calls.size >= REMEMBERED_CALLS_LIMIT)',
    stack: 'calls',
    breaks: ['atMostOnce'],
  },
  {
    name: 'a request that any life of the peer executes',
    file: 'lib/net/links/rpc.ts',
    find: 'if (executor !== ANY_EPOCH && executor !== this.#link.epoch)',
    replace: `if (executor === '')`,
    stack: 'calls',
    breaks: ['atMostOnce'],
  },
  {
    name: 'calls that are forgotten once their requests have come',
    file: 'lib/net/links/rpc.ts',
    find: 'call.askAgainMs = nowMs + ASK_AGAIN_MS;\n    else if (settlement',
    replace: 'this.#calls.end(call);\n    else if (settlement',
    stack: 'calls',
    breaks: ['callsEnd'],
  },
  {
    name: 'an answer for whoever waits',
    file: 'lib/net/links/rpc.ts',
    find: 'const call = this.#calls.get(name.id);',
    replace: 'const call = [...this.#calls.values()].find(({ to }) => to === from);',
    stack: 'calls',
    breaks: ['trueResults'],
  },
];

describe('the checkers of links bite', () => {
  for (const mutant of MUTANTS)
    it(
      mutant.name,
      async () => {
        const path = await bundleLinkWorlds([mutant]);
        try {
          const worlds = (await import(pathToFileURL(path).href)) as typeof LinkWorlds;
          expect(findBroken(worlds, mutant)).toBe(true);
        } finally {
          await rm(dirname(path), { recursive: true });
        }
      },
      TIMEOUT_MS,
    );
});

function findBroken({ runLinkWorld }: typeof LinkWorlds, { stack, breaks }: Mutant): boolean {
  for (let seed = 0; seed < SEEDS; seed++)
    if (runLinkWorld(stack, seed).violated.some((name) => breaks.includes(name))) return true;
  return false;
}
