/**
 * Writes a small secret file so that a crash at any moment leaves the old one or the new one, whole (R28).
 */
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Replaces the file; its bytes are on the disk before the name points to them. Only its owner may read it. */
export async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(folder);
}

/** Makes a rename durable. Windows cannot open folders, and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
