/** Which stored chains a room goes on with. */
import { describe, expect, it } from 'vitest';
import { hashBlockHex } from '../../../lib/chain/block.ts';
import { MAX_TARGET } from '../../../lib/chain/target.ts';
import { fitsRoom } from '../../../lib/drivers/storage/stored-chain.ts';
import { encodeGenesisData } from '../../../lib/ledger/genesis.ts';
import { FREE_GENESIS, freeBlock, FREE_GENESIS_HASH } from '../../support/free-chain.ts';
import { optionsOf, ROOM, stored } from '../../support/peers.ts';
import { makeGenesis } from '../../support/test-miner.ts';

const HARD_TARGET = 1n << 200n;

describe('a stored chain of a pinned room', () => {
  it('fits where its blocks meet the target of its genesis block, whatever the link says', () => {
    const genesis = makeGenesis(
      encodeGenesisData({
        room: ROOM,
        rules: 'homework',
        target: MAX_TARGET,
        spacingMs: 0,
        reward: 0,
        timeMs: 0,
      }),
    );
    const hash = hashBlockHex(genesis);
    const options = optionsOf(1, { genesis: { kind: 'pinned', hash }, target: HARD_TARGET });
    const chain = { ...stored([freeBlock(hash, 'first')]), genesis };
    expect(fitsRoom(chain, options)).toBe(true);
    expect(fitsRoom({ ...chain, genesis: FREE_GENESIS }, options)).toBe(false);
  });

  it('does not fit where a foreign genesis block leaves the target to a link that asks for more', () => {
    const chain = stored([freeBlock(FREE_GENESIS_HASH, 'first')]);
    expect(fitsRoom(chain, optionsOf(1))).toBe(true);
    expect(fitsRoom(chain, optionsOf(1, { target: HARD_TARGET }))).toBe(false);
  });
});
