import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogFile } from '../../lib/node/log-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open(dir: string) {
  const outcome = await openLogFile(dir, 'ab'.repeat(20), () => undefined);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.log;
}

describe('the log of a node', () => {
  it('is a file named by the node id, and is continued', async () => {
    const dir = join(folder, 'deep', 'logs');
    const log = await open(dir);
    log.write('first\nline');
    await log.close();
    const again = await open(dir);
    again.write('second');
    await again.close();
    const lines = (await readFile(join(dir, `${'ab'.repeat(20)}.txt`), 'utf8'))
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.replace(/^\S+Z /, ''))).toEqual(['first line', 'second']);
  });

  it('says where it cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const outcome = await openLogFile(join(folder, 'file'), 'ab', () => undefined);
    expect(outcome).toMatchObject({
      ok: false,
      message: expect.stringContaining('cannot be written'),
    });
  });

  it('drops lines that a slow disk cannot take, and counts them', async () => {
    const log = await open(folder);
    const long = 'x'.repeat(100_000);
    for (let i = 0; i < 50; i++) log.write(long);
    await log.close();
    const text = await readFile(log.path, 'utf8');
    expect(text.length).toBeLessThan(2_000_000);
    expect(text).toMatch(/\d+ lines were dropped/);
  });
});
