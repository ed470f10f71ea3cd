import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findProof } from '../../lib/tcp-peer/proof.ts';
import { freeTcpPort, type Running } from '../e2e/harness/processes.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import {
  askOnce,
  chainOf,
  PeerNetwork,
  transactionsOf,
  waitForAgreement,
  type ChainEntry,
  type Proxy,
} from '../support/tcp-peers.ts';

/** Faster than by default, so that a test need not wait for heartbeats of five seconds. */
const FAST = ['--heartbeat', '1s', '--poll', '200ms'];
/** Many heartbeats: the machine may be busy with other things. What matters is that it comes to this state. */
const AGREE_LIMIT_MS = 60_000;

const SEQUENCE = [...[100, 5, 33, 155, 389, 227, 81, 196, 375], ...[301, 82, 363, 24, 387, 183]];

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freeTcpPort());
  return [...ports];
}

/** Every peer knows every other. */
function neighboursOf(ids: readonly string[], ports: readonly number[], self: string) {
  return Object.fromEntries(
    ids.map((id, place) => [id, ports[place]!]).filter(([id]) => id !== self),
  );
}

function answersOf(peer: Running): string[] {
  return peer.output.filter(({ stream }) => stream === 'out').map(({ text }) => text);
}

/** Enters lines at a peer's command line, and waits for their answers. */
async function enter(peer: Running, lines: readonly string[]): Promise<string[]> {
  const before = answersOf(peer).length;
  peer.write(lines.map((line) => `${line}\n`).join(''));
  await waitFor(() => answersOf(peer).length >= before + lines.length, {
    timeoutMs: 60_000,
    describe: `${peer.name} has answered ${lines.length} lines`,
    pollMs: 20,
  });
  return answersOf(peer).slice(before);
}

interface LogLine {
  readonly ms: number;
  readonly text: string;
}

async function readLog(folder: string, id: string): Promise<LogLine[]> {
  const lines = (await readFile(join(folder, `${id}.txt`), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const at = line.indexOf(' ');
    return { ms: Date.parse(line.slice(0, at)), text: line.slice(at + 1) };
  });
}

/** What came of each heartbeat to this neighbour after that moment. */
function heartbeatsOf(lines: readonly LogLine[], id: string, afterMs: number): LogLine[] {
  return lines.filter(({ ms, text }) => ms > afterMs && text.startsWith(`chain of ${id}: `));
}

function expectKeepsRules(chain: readonly ChainEntry[]): void {
  for (const [place, block] of chain.entries()) {
    expect(block.index).toBe(place + 1);
    expect(block.proof).toBe(SEQUENCE[place % SEQUENCE.length]);
    expect(block.transaction.length).toBeLessThanOrEqual(5);
    if (place > 0) expect(block.proof).toBe(findProof(chain[place - 1]!.proof));
  }
}

describe('five peers', () => {
  const ids = ['A', 'B', 'C', 'D', 'E'];
  /** Who hears whom. */
  const pairs = ids.flatMap((_, from) =>
    ids.flatMap((_, to) => (from === to ? [] : [[from, to] as const])),
  );
  let network: PeerNetwork;
  let ports: number[] = [];
  let peers: Running[] = [];
  let logFolder = '';
  const entered: string[] = [];

  beforeAll(async () => {
    network = await PeerNetwork.open();
    logFolder = join(network.folder, 'logs');
    ports = await freePorts(ids.length);
    peers = await Promise.all(
      ids.map((id, place) =>
        network.start(
          id,
          ports[place]!,
          neighboursOf(ids, ports, id),
          ...FAST,
          '--log-dir',
          logFolder,
        ),
      ),
    );
  });
  afterAll(() => network.close());

  it('put what is entered anywhere on every chain, with the proofs from 100 round to 100 again', async () => {
    const answers = await Promise.all(
      peers.map((peer, place) =>
        enter(
          peer,
          Array.from(
            { length: 20 },
            (_, count) => `tx ${ids[place]!.repeat(4)}0000 number ${count}`,
          ),
        ),
      ),
    );
    expect(answers.flat()).toEqual(Array.from({ length: 100 }, () => 'Accepted'));
    for (const id of ids)
      for (let count = 0; count < 20; count++)
        entered.push(`tx|${id.repeat(4)}0000|number ${count}`);
    const chain = await waitForAgreement(ports, entered, AGREE_LIMIT_MS);
    expect(chain.length).toBeGreaterThan(SEQUENCE.length);
    expectKeepsRules(chain);
    const [printed] = await enter(peers[3]!, ['pb']);
    expect(JSON.parse(printed!)).toEqual(chain);
  });

  it('have equal chains two heartbeats after the last block at the latest', async () => {
    const logs = await waitFor(
      async () => {
        const read = await Promise.all(ids.map((id) => readLog(logFolder, id)));
        const isWork = /^(Accepted|\d+ proofs rewarded)/;
        const idleMs = Math.max(
          ...read.flat().flatMap(({ ms, text }) => (isWork.test(text) ? [ms] : [])),
        );
        const seconds = pairs.map(([from, to]) => heartbeatsOf(read[from]!, ids[to]!, idleMs)[1]);
        if (seconds.includes(undefined)) return null;
        // No peer's second heartbeat is missing any more, however long that peer stood still.
        const settledMs = Math.max(...seconds.map((line) => line!.ms));
        // An answer under way at that moment may be older than it.
        const later = pairs.map(([from, to]) =>
          heartbeatsOf(read[from]!, ids[to]!, settledMs).slice(1),
        );
        return later.every((lines) => lines.length > 0) ? later : null;
      },
      { timeoutMs: AGREE_LIMIT_MS, describe: 'each peer has heard each other four times more' },
    );
    const brought = new Set(logs.flat().map(({ text }) => text.replace(/^chain of .: /, '')));
    expect([...brought]).toEqual(['equal']);
  });

  it('go on when one is killed, and it catches up when it returns', async () => {
    await peers[1]!.kill();
    await enter(peers[0]!, ['tx Aaaa0001 while B is away', 'tx Aaaa0001 it\'s \\ [so] "to say"']);
    entered.push('tx|Aaaa0001|while B is away', 'tx|Aaaa0001|it\'s \\ [so] "to say"');
    const others = ports.filter((_, place) => place !== 1);
    await waitForAgreement(others, entered, AGREE_LIMIT_MS);
    peers[1] = await network.start('B', ports[1]!, neighboursOf(ids, ports, 'B'), ...FAST);
    await waitForAgreement(ports, entered, AGREE_LIMIT_MS);
    await enter(peers[1]!, ['tx Bbbb0001 B is back']);
    entered.push('tx|Bbbb0001|B is back');
    expectKeepsRules(await waitForAgreement(ports, entered, AGREE_LIMIT_MS));
  });

  it('go on when one ends with cc, which leaves nothing behind', async () => {
    peers[4]!.write('cc\n');
    expect(await peers[4]!.waitForEnd(60_000)).toEqual({ code: 0, signal: null });
    await expect(askOnce(ports[4]!, 'hb')).rejects.toThrow();
    await enter(peers[2]!, ['tx Cccc0001 E has left']);
    entered.push('tx|Cccc0001|E has left');
    await waitForAgreement(ports.slice(0, 4), entered, AGREE_LIMIT_MS);
  });
});

describe('peers among Python peers', () => {
  let network: PeerNetwork;
  afterEach(() => network.close());

  it('share one chain with them, whatever their times look like, over one connection each', async () => {
    network = await PeerNetwork.open();
    const [a, b, p, q, r] = (await freePorts(5)) as [number, number, number, number, number];
    const ours = { A: a, B: b };
    // Python peers of this kind cannot read each other's apostrophes, so that they know ours only.
    const pythons = await Promise.all(
      (
        [
          ['P', p, 'iso'],
          ['Q', q, 'ctime'],
          ['R', r, 'epoch'],
        ] as const
      ).map(([id, port, format]) =>
        network.startPython(id, port, ours, { HEARTBEAT: '1', POLL: '0.2', TIMESTAMPS: format }),
      ),
    );
    const others = { P: p, Q: q, R: r };
    const [first, second] = await Promise.all([
      network.start('A', a, { B: b, ...others }, ...FAST),
      network.start('B', b, { A: a, ...others }, ...FAST),
    ]);
    const contents = ["it's", 'back\\slash', '{[("ä🦊")]}'];
    await enter(
      first,
      contents.map((content) => `tx Aaaa0000 ${content}`),
    );
    await enter(
      second,
      Array.from({ length: 12 }, (_, count) => `tx Bbbb0000 ${count}`),
    );
    for (const [place, python] of pythons.entries())
      await enter(python, [`tx Pppp0000 from Python ${place}`, `tx Pppp0000 again ${place}`]);
    const entered = [
      ...contents.map((content) => `tx|Aaaa0000|${content}`),
      ...Array.from({ length: 12 }, (_, count) => `tx|Bbbb0000|${count}`),
      ...pythons.flatMap((_, place) => [
        `tx|Pppp0000|from Python ${place}`,
        `tx|Pppp0000|again ${place}`,
      ]),
    ];
    // A Python peer that takes a chain before the transaction on it is passed on to it enters that one again.
    const doubling = { mayDouble: true };
    const chain = await waitForAgreement([a, b], entered, AGREE_LIMIT_MS, doubling);
    expectKeepsRules(chain);
    let asked = 0;
    await waitFor(
      async () => {
        asked++;
        const texts = await Promise.all([p, q, r].map((port) => askOnce(port, 'hb')));
        return texts.every((text) => text.includes(chain.at(-1)!.currentHash!));
      },
      { timeoutMs: AGREE_LIMIT_MS, describe: 'the Python peers have the same last block' },
    );
    for (const python of pythons) {
      const complaints = python.output.filter(({ stream }) => stream === 'err');
      expect(
        complaints.filter(({ text }) => /WRONG|UNKNOWN|UNREADABLE|Traceback/.test(text)),
      ).toEqual([]);
      // One of each of our two peers, and those of this test. What a process says comes some time after it is said.
      const opened = (): number =>
        python.output.filter(({ text }) => text.startsWith('connections:')).length;
      await waitFor(() => opened() >= 2 + asked, {
        timeoutMs: AGREE_LIMIT_MS,
        describe: 'it has told of each connection',
      });
      expect(opened()).toBe(2 + asked);
    }
    for (const peer of [first, second]) await peer.stop();
    expect(first.ended).toEqual({ code: 0, signal: null });
  });
});

describe('two halves of a network', () => {
  let network: PeerNetwork;
  afterEach(() => network.close());

  it('heal to one chain, and lose nothing that either accepted', async () => {
    network = await PeerNetwork.open();
    const ids = ['A', 'B', 'C', 'D'];
    const ports = await freePorts(4);
    const bridges: Proxy[] = [];
    const half = (place: number) => Math.floor(place / 2);
    const peers = await Promise.all(
      ids.map(async (id, place) => {
        const neighbours: Record<string, number> = {};
        for (const [other, port] of ports.entries()) {
          if (other === place) continue;
          if (half(other) === half(place)) neighbours[ids[other]!] = port;
          else {
            const bridge = await network.proxy(port);
            bridges.push(bridge);
            neighbours[ids[other]!] = bridge.port;
          }
        }
        return network.start(id, ports[place]!, neighbours, ...FAST);
      }),
    );
    await enter(peers[0]!, ['tx Aaaa0000 before']);
    const before = 'tx|Aaaa0000|before';
    await waitForAgreement(ports, [before], AGREE_LIMIT_MS);

    for (const bridge of bridges) bridge.cut();
    const left = [...Array(30).keys()].map((count) => `tx|Left0000|${count}`);
    const right = [...Array(11).keys()].map((count) => `tx|Righ0000|${count}`);
    await Promise.all([
      ...left.map((text) => askOnce(ports[0]!, text)),
      enter(
        peers[3]!,
        right.map((text) => text.replaceAll('|', ' ')),
      ),
    ]);
    await waitForAgreement(ports.slice(0, 2), [before, ...left], AGREE_LIMIT_MS);
    await waitForAgreement(ports.slice(2), [before, ...right], AGREE_LIMIT_MS);

    for (const bridge of bridges) bridge.mend();
    const chain = await waitForAgreement(ports, [before, ...left, ...right], AGREE_LIMIT_MS);
    expectKeepsRules(chain);
    expect(transactionsOf(await chainOf(ports[3]!))).toEqual(transactionsOf(chain));
  });
});
