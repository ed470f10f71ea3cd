import { afterEach, describe, expect, it } from 'vitest';
import { openUdpCarrier } from '../../lib/drivers/udp/datagram-carrier.ts';
import { openUdpSocket, type UdpSocket } from '../../lib/drivers/udp/socket.ts';
import type { KeyPair } from '../../lib/ledger/account.ts';
import { AuthenticatedLink } from '../../lib/net/links/authenticated.ts';
import { PairKeys } from '../../lib/net/links/pair-keys.ts';
import { Rpc, type RpcEvent } from '../../lib/net/links/rpc.ts';
import { Random } from '../../lib/sim/random.ts';
import { keysOf, text, textsOf } from '../support/links.ts';
import { seededRandom } from '../support/random.ts';
import { waitFor } from '../e2e/harness/wait.ts';

const HOST = '127.0.0.1';
const LOSS = 0.3;
const DUPLICATION = 0.1;
/** How often a peer looks whether something is due. */
const TICK_MS = 10;
const NOTES = 12;
const CALLS = 6;
const TIMEOUT_MS = 120_000;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function openSocket(): Promise<UdpSocket> {
  const outcome = await openUdpSocket({ host: HOST, port: 0 });
  if (!outcome.ok) throw new Error(outcome.message);
  closers.push(() => outcome.socket.close());
  return outcome.socket;
}

/** A relay between two ports that drops three datagrams of ten, and doubles one of ten. */
async function openRelay(
  ports: () => readonly [number, number],
  seed: number,
): Promise<{ port: number; dropped: () => number }> {
  const socket = await openSocket();
  const random = seededRandom(seed);
  let dropped = 0;
  socket.listen((bytes, { port }) => {
    const [first, second] = ports();
    const to = port === first ? second : first;
    if (random() < LOSS) dropped++;
    else
      for (let copies = random() < DUPLICATION ? 2 : 1; copies > 0; copies--)
        socket.send(bytes, HOST, to);
  });
  return { port: socket.local.port, dropped: () => dropped };
}

class UdpPeer {
  readonly keys: KeyPair;
  readonly rpc: Rpc;
  readonly notes: string[] = [];
  readonly executed: string[] = [];
  readonly ended = new Map<number, string>();
  readonly refused: string[] = [];
  acknowledged = 0;

  constructor(keys: KeyPair, other: KeyPair, socket: UdpSocket, relayPort: number, seed: number) {
    this.keys = keys;
    const carrier = openUdpCarrier({
      self: keys.account,
      socket,
      peers: new Map([[other.account, { ip: HOST, port: relayPort }]]),
      receive: (from, bytes) => this.#take(this.rpc.receive(from, bytes, performance.now())),
    });
    const pairKeys = new PairKeys(keys, performance.now());
    const random = new Random(seed);
    this.rpc = new Rpc(
      new AuthenticatedLink({ carrier, keys: pairKeys, room: 'udp-room', random }),
    );
    const timer = setInterval(() => this.#take(this.rpc.tick(performance.now())), TICK_MS);
    closers.push(() => clearInterval(timer));
  }

  #take(events: readonly RpcEvent[]): void {
    for (const event of events)
      switch (event.kind) {
        case 'noted':
          this.notes.push(...textsOf([event]));
          break;
        case 'asked': {
          const [question] = textsOf([event]);
          this.executed.push(question!);
          this.rpc.answer(
            event.call,
            { kind: 'result', bytes: text(`${question}!`) },
            performance.now(),
          );
          break;
        }
        case 'ended':
          this.ended.set(
            event.id,
            event.answer.kind === 'refusal' ? event.answer.code : textsOf([event.answer])[0]!,
          );
          break;
        case 'settled':
          if (event.settlement.kind === 'acknowledged') this.acknowledged++;
          break;
        case 'refused':
          this.refused.push(event.code);
      }
  }
}

describe('authenticated links over UDP, through a relay that loses three datagrams of ten', () => {
  it(
    'carry messages and calls both ways, each once, and nothing that a stranger sends',
    async () => {
      const [aliceKeys, bobKeys, malloryKeys] = [keysOf(11), keysOf(12), keysOf(13)];
      const sockets = [await openSocket(), await openSocket()] as const;
      const ports = [sockets[0].local.port, sockets[1].local.port] as const;
      const relay = await openRelay(() => ports, 7);
      const alice = new UdpPeer(aliceKeys, bobKeys, sockets[0], relay.port, 1);
      const bob = new UdpPeer(bobKeys, aliceKeys, sockets[1], relay.port, 2);

      // A stranger runs the same protocol with its own key, claims to be Bob, and goes past the relay.
      const stranger = await openSocket();
      const lies = openUdpCarrier({
        self: bobKeys.account,
        socket: stranger,
        peers: new Map([[aliceKeys.account, { ip: HOST, port: ports[0] }]]),
        receive: () => undefined,
      });
      const lying = new AuthenticatedLink({
        carrier: lies,
        keys: new PairKeys({ ...malloryKeys, account: bobKeys.account }, 0),
        room: 'udp-room',
        random: new Random(3),
      });
      lying.send(aliceKeys.account, text('lie'), performance.now());
      lies.send(aliceKeys.account, text('junk'));
      const liar = setInterval(() => void lying.tick(performance.now()), TICK_MS);
      closers.push(() => clearInterval(liar));

      const notes = Array.from({ length: NOTES }, (_, i) => `note ${i}`);
      const expected = new Map<UdpPeer, Map<number, string>>();
      for (const [peer, other] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        for (const note of notes)
          expect(peer.rpc.note(other.keys.account, text(note), performance.now()).kind).toBe(
            'accepted',
          );
        const answers = new Map<number, string>();
        for (let i = 0; i < CALLS; i++) {
          const called = peer.rpc.call(
            other.keys.account,
            text(`call ${i}`),
            performance.now(),
            TIMEOUT_MS,
          );
          if (called.kind === 'refused') throw new Error(called.code);
          answers.set(called.id, `call ${i}!`);
        }
        expected.set(peer, answers);
      }
      const isDone = (peer: UdpPeer): boolean =>
        peer.ended.size === CALLS && peer.acknowledged === NOTES && peer.notes.length >= NOTES;
      await waitFor(() => isDone(alice) && isDone(bob) && alice.refused.length > 0, {
        timeoutMs: TIMEOUT_MS,
        describe: 'both sides have everything, and the stranger was heard',
      });
      for (const peer of [alice, bob]) {
        expect(peer.ended).toEqual(expected.get(peer));
        expect([...peer.notes].sort()).toEqual([...notes].sort());
        expect(peer.executed.length).toBe(CALLS);
        expect(new Set(peer.executed).size).toBe(CALLS);
      }
      expect(alice.refused).toContain('stolen-id');
      expect(bob.refused).toEqual([]);
      expect(relay.dropped()).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
