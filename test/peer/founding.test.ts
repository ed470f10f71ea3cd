import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../lib/chain/block.ts';
import { encodeBlock } from '../../lib/chain/codec.ts';
import { readGenesisData } from '../../lib/ledger/genesis.ts';
import { PIN_DEPTH_BLOCKS } from '../../lib/peer/chain-keeper.ts';
import { GENESIS_GRACE_MS, SETTLING_MS } from '../../lib/peer/search.ts';
import { FREE_GENESIS, FREE_GENESIS_HASH, freeBlocks } from '../support/free-chain.ts';
import { PeerNetwork } from '../support/peer-network.ts';
import { keysOf, restoredFrom, ROOM, stored, TestPeer } from '../support/peers.ts';
import { EASY_TARGET } from '../support/test-miner.ts';

const CHAIN = freeBlocks(FREE_GENESIS_HASH, 3, 'ours');
const OPEN = { mines: true, genesis: { kind: 'new' }, target: EASY_TARGET } as const;

/** A peer of a room whose first tab makes the genesis block; nobody else is there yet. */
function founder(number: number): TestPeer {
  const peer = new TestPeer(number, OPEN);
  peer.step({ kind: 'present', nodeIds: [] });
  peer.find();
  return peer;
}

const genesisOf = ({ peer }: TestPeer) => peer.chain?.tree.genesis.hash ?? null;

describe('the first block of a room', () => {
  it('is made at once where nobody else is there, states the terms, and is not pinned yet', () => {
    const peer = founder(1);
    const terms = readGenesisData(peer.peer.chain!.tree.genesis.block.data);
    expect(terms).toMatchObject({ room: ROOM, rules: 'class', target: EASY_TARGET });
    expect(peer.picture()).toMatchObject({ phase: 'ready', room: { pinned: false } });
  });

  it('is left to those who were there before, for a while', () => {
    const peer = new TestPeer(1, OPEN);
    peer.step({ kind: 'present', nodeIds: [keysOf(2).account] });
    peer.wait(GENESIS_GRACE_MS - 200);
    expect(peer.template).toBeNull();
    peer.wait(SETTLING_MS);
    expect(peer.picture().phase).toBe('making-genesis');
    peer.find();
    expect(peer.tip).not.toBeNull();
  });

  it('is never made where the link pins one, or a bridge brings it', () => {
    for (const genesis of [
      { kind: 'pinned', hash: FREE_GENESIS_HASH },
      { kind: 'endorsed', bridge: keysOf(9).account },
      { kind: 'heard' },
    ] as const) {
      const peer = new TestPeer(1, { mines: true, genesis });
      peer.step({ kind: 'present', nodeIds: [] });
      peer.wait(30_000);
      expect(peer.template).toBeNull();
      expect(peer.picture().phase).toBe('waiting-for-genesis');
    }
  });

  it('is made for UDP miners under a constant target where the command asks for it', () => {
    const options = {
      mines: true,
      room: '',
      genesis: { kind: 'made' },
      target: EASY_TARGET,
    } as const;
    const peer = new TestPeer(1, options);
    peer.find();
    expect(peer.picture().room).toMatchObject({ rules: 'homework', pinned: true });
  });
});

describe('two first blocks in one room', () => {
  it('become one when their makers meet: of equal work the smaller hash', () => {
    const peers = [founder(1), founder(2)] as const;
    const smaller = peers.map(genesisOf).sort()[0];
    const network = new PeerNetwork(...peers);
    network.link(...peers);
    network.wait(1_000);
    expect(peers.map(genesisOf)).toEqual([smaller, smaller]);
  });

  it('become one when their makers meet: the one with more work upon it', () => {
    for (const grower of [0, 1]) {
      const peers = [founder(1), founder(2)] as const;
      for (let i = 0; i < 3; i++) {
        peers[grower]!.find();
        for (const peer of peers) peer.wait(1_000);
      }
      const { tip } = peers[grower]!;
      new PeerNetwork(...peers).link(...peers);
      expect(peers.map((peer) => peer.tip)).toEqual([tip, tip]);
      const other = peers[1 - grower]!;
      expect(other.picture().leaderboard).toMatchObject([{ blocks: 3, isSelf: false }]);
      // What its store holds now is the chain that it has.
      expect(new TestPeer(3, OPEN, restoredFrom(other.outputs)).tip).toBe(tip);
    }
  });

  it('stay two where both have been built upon for long: each is pinned', () => {
    const peers = [founder(1), founder(2)] as const;
    peers.forEach((peer, i) => {
      for (let count = 0; count < PIN_DEPTH_BLOCKS + i; count++) {
        peer.wait(10_000);
        peer.find();
      }
    });
    const before = peers.map(genesisOf);
    const network = new PeerNetwork(...peers);
    network.link(...peers);
    network.wait(5_000);
    expect(peers.map(genesisOf)).toEqual(before);
    expect(peers.map((peer) => peer.picture().room.pinned)).toEqual([true, true]);
  });
});

describe('the genesis block of UDP miners', () => {
  const BRIDGE = keysOf(1).account;
  const options = { genesis: { kind: 'endorsed', bridge: BRIDGE } } as const;

  function bridged() {
    const bridge = new TestPeer(1, { ...options, agent: 'node' });
    bridge.connect('udp:10.0.0.7:5000', null, 'udp');
    bridge.hearBytes('udp:10.0.0.7:5000', encodeBlock(FREE_GENESIS));
    return bridge;
  }

  it('comes to the tabs through the bridge, and from tab to tab without it', () => {
    const bridge = bridged();
    const [near, far] = [new TestPeer(2, options), new TestPeer(3, options)];
    const network = new PeerNetwork(bridge, near, far);
    network.link(far, near);
    network.link(near, bridge);
    network.wait(3_000);
    expect([near, far].map(genesisOf)).toEqual([FREE_GENESIS_HASH, FREE_GENESIS_HASH]);
    expect(far.picture().room).toMatchObject({ pinned: true, rules: 'homework' });
  });

  it('comes to nobody from a tab that only says so, or with the signature of another', () => {
    const liar = new TestPeer(
      4,
      { genesis: { kind: 'pinned', hash: FREE_GENESIS_HASH } },
      stored(CHAIN),
    );
    const other = new TestPeer(5, { genesis: { kind: 'endorsed', bridge: keysOf(5).account } });
    other.connect('udp:x', null, 'udp');
    other.hearBytes('udp:x', encodeBlock(FREE_GENESIS));
    const tab = new TestPeer(2, options);
    const network = new PeerNetwork(liar, other, tab);
    network.link(tab, liar);
    network.link(tab, other);
    network.wait(5_000);
    tab.step({ kind: 'genesis-offered', block: FREE_GENESIS });
    expect(tab.tip).toBeNull();
  });

  it('is still there after a restart, with the signature that lets the tab pass it on', () => {
    const tab = new TestPeer(2, options);
    const network = new PeerNetwork(bridged(), tab);
    network.linkAll();
    const again = new TestPeer(2, options, restoredFrom(tab.outputs));
    const late = new TestPeer(3, options);
    new PeerNetwork(again, late).linkAll();
    expect(genesisOf(late)).toBe(FREE_GENESIS_HASH);
  });

  it('of a store is not taken where the link names another bridge', () => {
    const tab = new TestPeer(2, options);
    new PeerNetwork(bridged(), tab).linkAll();
    const store = restoredFrom(tab.outputs);
    expect(hashBlockHex(store!.genesis)).toBe(FREE_GENESIS_HASH);
    const elsewhere = { genesis: { kind: 'endorsed', bridge: keysOf(9).account } } as const;
    expect(new TestPeer(2, elsewhere, store).tip).toBeNull();
  });
});
