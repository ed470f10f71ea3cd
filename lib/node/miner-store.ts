/**
 * The folder in which a miner keeps its key and its chain between two runs (R28). A damaged key file is refused and
 * never replaced: it may be the only copy of an account.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from '../ledger/account.ts';
import { readAccountFile, writeAccountFile } from '../ledger/account-file.ts';
import { makeNodeKeys } from './node-session.ts';
import { writeWhole } from './whole-file.ts';

const ACCOUNT_FILE = 'account.txt';
const CHAIN_FOLDER = 'chain';

export type MinerStoreOutcome =
  | { readonly ok: true; readonly keys: KeyPair; readonly chainDir: string }
  | { readonly ok: false; readonly message: string };

/** Takes the key of this folder, or puts a new one there. */
export async function openMinerStore(folder: string): Promise<MinerStoreOutcome> {
  const path = join(folder, ACCOUNT_FILE);
  const chainDir = join(folder, CHAIN_FOLDER);
  try {
    await mkdir(folder, { recursive: true });
    const text = await readText(path);
    if (text === null) {
      const keys = makeNodeKeys();
      await writeWhole(folder, ACCOUNT_FILE, writeAccountFile(keys));
      return { ok: true, keys, chainDir };
    }
    const read = readAccountFile(text);
    if (read.ok) return { ok: true, keys: read.keys, chainDir };
    return { ok: false, message: `${path}: ${read.message} Restore it from a copy, or remove it.` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      ok: false,
      message: `The miner cannot be kept in ${folder} (${code ?? String(error)}): choose another folder with --store.`,
    };
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
