/**
 * One bootstrap at a time: two that install or build at once would trample on each other's files.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, Trouble } from './process.mjs';

/** Not in node_modules, which an install deletes. */
const LOCK_FOLDER = join(ROOT, 'dist', '.lock');
const OWNER_FILE = join(LOCK_FOLDER, 'pid');

/** A slow install on a slow line takes this long; whoever holds the lock longer has hung. */
const WAIT_LIMIT_MS = 15 * 60_000;
const POLL_MS = 200;
/** Between making the folder and writing its owner into it pass microseconds; after this long its maker has died. */
const OWNERLESS_LIMIT_MS = 5_000;

/** Runs the action while no other bootstrap of this clone runs. A lock whose owner has died is taken over. */
export async function withLock(action) {
  const givenUpMs = Date.now() + WAIT_LIMIT_MS;
  let said = false;
  while (!takeLock()) {
    if (isAbandoned()) {
      rmSync(LOCK_FOLDER, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > givenUpMs)
      throw new Trouble(`Another run holds dist/.lock for too long: end it and try again.`, 2);
    if (!said) console.error('Another run is installing or building; waiting for it …');
    said = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const release = () => rmSync(LOCK_FOLDER, { recursive: true, force: true });
  const releaseAndEnd = () => {
    release();
    process.exit(130);
  };
  process.once('SIGINT', releaseAndEnd);
  process.once('SIGTERM', releaseAndEnd);
  try {
    return await action();
  } finally {
    release();
    process.off('SIGINT', releaseAndEnd);
    process.off('SIGTERM', releaseAndEnd);
  }
}

function takeLock() {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  try {
    mkdirSync(LOCK_FOLDER);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new Trouble(`Cannot write to ${ROOT}dist: ${error.message}`, 2);
  }
  writeFileSync(OWNER_FILE, String(process.pid));
  return true;
}

function isAbandoned() {
  try {
    const owner = Number(readFileSync(OWNER_FILE, 'utf8'));
    if (owner > 0) return !isRunning(owner);
    return Date.now() - statSync(LOCK_FOLDER).mtimeMs > OWNERLESS_LIMIT_MS;
  } catch {
    try {
      return Date.now() - statSync(LOCK_FOLDER).mtimeMs > OWNERLESS_LIMIT_MS;
    } catch {
      return false; // Released meanwhile: the next attempt takes it.
    }
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
