/**
 * The mistakes that are made with a block's hash, so that a wrong one can be called by its name (R1).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hashBlock, type Block } from '../chain/block.ts';
import { bytesToHex, concatBytes, writeAscii, writeBase64, type HashHex } from '../chain/bytes.ts';
import { blockToJson } from '../chain/codec.ts';

interface WrongHash {
  readonly name: string;
  hash(block: Block): Uint8Array;
}

const sha = (...parts: Uint8Array[]) => sha256(concatBytes(...parts));
const reversed = (bytes: Uint8Array) => bytes.slice().reverse();
const base64Text = (bytes: Uint8Array) => writeAscii(writeBase64(bytes));
const hexText = (bytes: Uint8Array) => writeAscii(bytesToHex(bytes));
const json = (block: Block, separator: string) =>
  writeAscii(JSON.stringify(blockToJson(block)).replace(/([:,])/g, `$1${separator}`));

const WRONG_HASHES: readonly WrongHash[] = [
  { name: 'without p_o_w', hash: (b) => sha(b.data, b.previousHash) },
  { name: 'without previous_hash', hash: (b) => sha(b.data, b.proofOfWork) },
  { name: 'without data', hash: (b) => sha(b.previousHash, b.proofOfWork) },
  {
    name: 'in the order previous_hash, data, p_o_w',
    hash: (b) => sha(b.previousHash, b.data, b.proofOfWork),
  },
  {
    name: 'in the order p_o_w, data, previous_hash',
    hash: (b) => sha(b.proofOfWork, b.data, b.previousHash),
  },
  {
    name: 'in the order data, p_o_w, previous_hash',
    hash: (b) => sha(b.data, b.proofOfWork, b.previousHash),
  },
  {
    name: 'in the order previous_hash, p_o_w, data',
    hash: (b) => sha(b.previousHash, b.proofOfWork, b.data),
  },
  {
    name: 'over the base64 text of data instead of its bytes',
    hash: (b) => sha(base64Text(b.data), b.previousHash, b.proofOfWork),
  },
  {
    name: 'over the hex texts of previous_hash and p_o_w instead of their bytes',
    hash: (b) => sha(b.data, hexText(b.previousHash), hexText(b.proofOfWork)),
  },
  {
    name: 'over the texts of the JSON fields instead of their bytes',
    hash: (b) => sha(base64Text(b.data), hexText(b.previousHash), hexText(b.proofOfWork)),
  },
  { name: 'over the JSON text', hash: (b) => sha(json(b, ' ')) },
  { name: 'over the JSON text', hash: (b) => sha(json(b, '')) },
  { name: 'twice', hash: (b) => sha256(hashBlock(b)) },
  {
    name: 'with the bytes of p_o_w reversed',
    hash: (b) => sha(b.data, b.previousHash, reversed(b.proofOfWork)),
  },
  { name: 'with its own bytes reversed', hash: (b) => reversed(hashBlock(b)) },
];

/** All wrong hashes of a block, each with the words that end the sentence "it hashes …". */
export function listWrongHashes(block: Block): readonly { name: string; hash: HashHex }[] {
  return WRONG_HASHES.map(({ name, hash }) => ({ name, hash: bytesToHex(hash(block)) }));
}
