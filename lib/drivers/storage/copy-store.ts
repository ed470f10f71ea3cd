/**
 * Copies a stored chain, so that a peer goes on with it under another account (R28).
 */
import type { ByteStore } from './chain-store.ts';
import { BLOCK_END, BLOCK_PREFIX, GENESIS_KEY, READ_BLOCKS, VERSION_KEY } from './records.ts';

/**
 * Copies all records of one database into another, which must be empty; both are closed afterwards. What was copied
 * when it is cut short is a whole chain too, only a shorter one.
 */
export async function copyChainStore(from: ByteStore, to: ByteStore): Promise<void> {
  try {
    await Promise.all([from.open(), to.open()]);
    const [version, genesis] = await from.getMany([VERSION_KEY, GENESIS_KEY]);
    const [taken] = await to.keys({ limit: 1 }).all();
    if (version === undefined || genesis === undefined || taken !== undefined) return;
    await to.batch([
      { type: 'put', key: VERSION_KEY, value: version },
      { type: 'put', key: GENESIS_KEY, value: genesis },
    ]);
    const blocks = from.iterator({ gte: BLOCK_PREFIX, lt: BLOCK_END });
    for (;;) {
      const records = await blocks.nextv(READ_BLOCKS);
      if (records.length === 0) break;
      await to.batch(records.map(([key, value]) => ({ type: 'put', key, value })));
    }
    await blocks.close();
  } finally {
    await Promise.allSettled([from.close(), to.close()]);
  }
}
