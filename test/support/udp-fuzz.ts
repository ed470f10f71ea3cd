/**
 * Hostile datagrams by the million (R9): real blocks, mutated, cut, doubled, reflected and without work, and JSON of the
 * grammar's own shapes with wrong parts, from configured addresses and from strangers.
 */
import { encodeBlock, decodeBlock, type PreviousField } from '../../lib/chain/codec.ts';
import { hashBlock, hashBlockHex, type Block } from '../../lib/chain/block.ts';
import { readHex, writeUtf8 } from '../../lib/chain/bytes.ts';
import { meetsTarget } from '../../lib/chain/target.ts';
import { HEAL_RATE } from '../../lib/net/homework.ts';
import { UDP_STRANGERS_LINK } from '../../lib/peer/neighbour.ts';
import { TestPeer } from './peers.ts';
import { seededRandom } from './random.ts';
import { makeGenesis, mineBlock } from './test-miner.ts';

/** So hard that hardly any mutation meets it, and easy enough to mine a few blocks. */
const TARGET = 1n << 241n;
const CHAIN_BLOCKS = 4;
const MINERS = ['udp:10.0.0.7:5000', 'udp:10.0.0.8:5000'];
/** Time that passes between two datagrams: a flood. */
const STEP_MS = 0.05;
const TICK_EVERY = 2_000;
/** Orphans are bounded for each sender; what a flood of them may take in all. */
const ORPHANS_LIMIT = 1_000;

export interface FuzzReport {
  /** What was refused, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Datagrams that we sent meanwhile. */
  readonly sent: number;
  /** What must not happen; empty where all held. */
  readonly failures: readonly string[];
}

/** Feeds a bridge so many datagrams. The same seed makes the same ones. */
export function fuzzBridge(
  datagrams: number,
  seed: number,
  progress: (done: number) => void = () => {},
): FuzzReport {
  const random = seededRandom(seed);
  const draw = new DatagramSource(random);
  const peer = new TestPeer(1, {
    agent: 'node',
    genesis: { kind: 'heard' },
    target: TARGET,
  });
  for (const linkId of MINERS) peer.connect(linkId, null, 'udp');
  for (const block of draw.chain) peer.hearBytes(MINERS[0]!, encodeBlock(block));
  const { tree } = peer.peer.chain!;
  const failures: string[] = [];
  const fail = (text: string) => {
    if (failures.length < 10) failures.push(text);
  };
  if (tree.size !== draw.chain.length) fail('the chain itself was not taken');
  let sent = 0;
  let secondMs = peer.monotonicMs;
  let sentBefore = 0;
  peer.sink = (output) => {
    if (output.kind !== 'send') return;
    sent++;
    if (!MINERS.includes(output.linkId)) fail(`a datagram to ${output.linkId}`);
    if (!decodeBlock(output.bytes).ok) fail('a datagram that is no block');
  };
  for (let i = 0; i < datagrams; i++) {
    const bytes = draw.next();
    const sizeBefore = tree.size;
    const source = Math.floor(random() * 3);
    peer.monotonicMs += STEP_MS;
    peer.wallMs += STEP_MS;
    try {
      if (source < 2) peer.hearBytes(MINERS[source]!, bytes);
      else
        peer.step({
          kind: 'received',
          linkId: UDP_STRANGERS_LINK,
          bytes,
          ...(random() < 0.5 && { among: MINERS }),
        });
      if (i % TICK_EVERY === 0) peer.step({ kind: 'tick' });
    } catch (error) {
      fail(`datagram ${i} of seed ${seed} makes it throw: ${String(error)}`);
    }
    if (tree.size !== sizeBefore && !isWork(bytes)) fail(`datagram ${i} without work is kept`);
    if (peer.monotonicMs - secondMs >= 1_000) {
      const most = MINERS.length * (HEAL_RATE.perSecond + HEAL_RATE.burst);
      if (sent - sentBefore > most) fail(`${sent - sentBefore} datagrams sent in a second`);
      [secondMs, sentBefore] = [peer.monotonicMs, sent];
      peer.outputs.length = 0;
    }
    if ((i + 1) % 100_000 === 0) progress(i + 1);
  }
  if (peer.peer.chain!.orphanCount > ORPHANS_LIMIT)
    fail(`${peer.peer.chain!.orphanCount} orphans are kept`);
  if (peer.peer.context.neighbours.size > MINERS.length + 1) fail('senders are kept');
  const block = mineBlock(writeUtf8('the last'), tree.tip.hash, TARGET);
  peer.hearBytes(MINERS[1]!, encodeBlock(block));
  if (peer.tip !== hashBlockHex(block)) fail('a good block is no longer heard');
  return { refused: peer.picture().refused, sent, failures };
}

/** Whether it is a block that some miner has worked for; one mutation in thirty thousand is. */
function isWork(bytes: Uint8Array): boolean {
  const decoded = decodeBlock(bytes);
  return decoded.ok && meetsTarget(hashBlock(decoded.block), TARGET);
}

/** Draws datagrams. */
class DatagramSource {
  readonly chain: readonly Block[];
  readonly #random: () => number;
  readonly #encoded: readonly Uint8Array[];

  constructor(random: () => number) {
    this.#random = random;
    const chain = [makeGenesis(writeUtf8('fuzz'))];
    for (let height = 1; height <= CHAIN_BLOCKS; height++)
      chain.push(mineBlock(writeUtf8(`block ${height}`), hashBlockHex(chain.at(-1)!), TARGET));
    this.chain = chain;
    const fields: PreviousField[] = ['previous', 'previous_hash', 'both'];
    this.#encoded = chain.flatMap((block) => fields.map((field) => encodeBlock(block, field)));
  }

  next(): Uint8Array {
    switch (this.#below(8)) {
      case 0:
        return this.#pick(this.#encoded);
      case 1:
        return this.#cut(this.#pick(this.#encoded));
      case 2:
      case 3:
        return this.#mutate(this.#pick(this.#encoded));
      case 4:
        return encodeBlock(this.#blockWithoutWork());
      case 5:
        return writeUtf8(this.#json(0));
      case 6:
        return writeUtf8(this.#almostBlock());
      default:
        return this.#noise();
    }
  }

  #cut(bytes: Uint8Array): Uint8Array {
    return bytes.slice(0, this.#below(bytes.length));
  }

  #mutate(bytes: Uint8Array): Uint8Array {
    const mutated = bytes.slice();
    for (let left = 1 + this.#below(4); left > 0; left--)
      mutated[this.#below(mutated.length)] = this.#below(256);
    return mutated;
  }

  #blockWithoutWork(): Block {
    const data = Uint8Array.from({ length: this.#below(64) }, () => this.#below(256));
    const proofOfWork = Uint8Array.from({ length: 8 }, () => this.#below(256));
    const parent = this.#pick(this.chain);
    const places = [
      readHex(hashBlockHex(parent))!,
      Uint8Array.from({ length: 32 }, () => this.#below(256)),
      new Uint8Array(32),
    ];
    return { data, previousHash: this.#pick(places), proofOfWork };
  }

  #almostBlock(): string {
    const value = () => this.#pick([() => this.#json(2), () => this.#text(), () => '""'])();
    const names = ['data', 'previous', 'previous_hash', 'p_o_w', 'data', 'nonce', '__proto__'];
    const members = Array.from(
      { length: this.#below(6) },
      () => `"${this.#pick(names)}":${value()}`,
    );
    return `{${members.join(this.#pick([',', ', ', ',,']))}}`;
  }

  #text(): string {
    const alphabets = ['0123456789abcdef', '0123456789ABCDEFabc+/=', 'xyz\\\\u{}"', 'é漢😀'];
    const alphabet = [...this.#pick(alphabets)];
    const length = this.#pick([0, 16, 16, 64, 64, 8, 4, 5_464, this.#below(100)]);
    let text = '';
    for (let i = 0; i < length; i++) text += this.#pick(alphabet);
    return `"${text}"`;
  }

  #json(depth: number): string {
    switch (this.#below(depth > 3 ? 5 : 8)) {
      case 0:
        return this.#pick(['null', 'true', 'false', 'NaN', '']);
      case 1:
        return this.#pick(['0', '-1', '1e400', '12345678901234567890', '0x10', '1.5']);
      case 2:
      case 3:
      case 4:
        return this.#text();
      case 5:
        return `[${this.#json(depth + 1)},${this.#json(depth + 1)}]`;
      case 6:
        return '['.repeat(this.#below(2_000));
      default:
        return `{"a":${this.#json(depth + 1)},"a":${this.#json(depth + 1)}}`;
    }
  }

  #noise(): Uint8Array {
    // Once in a while as long as a datagram can be, or longer.
    const length = this.#below(500) === 0 ? 65_500 + this.#below(20) : this.#below(300);
    return Uint8Array.from({ length }, () => this.#below(256));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)]!;
  }
}
