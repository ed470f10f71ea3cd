/**
 * How fast blocks are written and read. JSON.parse and JSON.stringify alone are the floor; the rest is base64, hex and
 * the checks of R2.
 */
import { NO_PREVIOUS_HASH, type Block } from '../../lib/chain/block.ts';
import { writeUtf8 } from '../../lib/chain/bytes.ts';
import { blockToJson, decodeBlock, encodeBlock } from '../../lib/chain/codec.ts';
import { measureRate, type Bench, type Figure } from './bench.ts';

const BATCH = 200;

const bench: Bench = {
  title: 'blocks encoded and decoded, against JSON alone',
  run: () => [160, 4096].flatMap(measureAt),
};
export default bench;

function measureAt(dataBytes: number): Figure[] {
  const block: Block = {
    data: writeUtf8('a block with a note in it, '.repeat(200).slice(0, dataBytes)),
    previousHash: NO_PREVIOUS_HASH,
    proofOfWork: new Uint8Array(8).fill(7),
  };
  const value = blockToJson(block);
  const bytes = encodeBlock(block);
  const decoder = new TextDecoder();
  const rate = (action: () => void): number =>
    measureRate(BATCH, () => {
      for (let i = 0; i < BATCH; i++) action();
    });
  const label = `${dataBytes} bytes of data`;
  const unit = 'blocks/s';
  return [
    { name: `JSON.stringify, ${label}`, value: rate(() => writeUtf8(JSON.stringify(value))), unit },
    {
      name: `encodeBlock, ${label}`,
      value: rate(() => encodeBlock(block)),
      unit,
      against: `JSON.stringify, ${label}`,
    },
    { name: `JSON.parse, ${label}`, value: rate(() => JSON.parse(decoder.decode(bytes))), unit },
    {
      name: `decodeBlock, ${label}`,
      value: rate(() => decodeBlock(bytes)),
      unit,
      against: `JSON.parse, ${label}`,
    },
  ];
}
