import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATA_LIMIT_BYTES, NO_PREVIOUS_HASH } from '../../lib/chain/block.ts';
import {
  chainFolder,
  readState,
  removeChain,
  writeState,
  type RoomState,
} from '../../lib/node/state-folder.ts';
import { KEY_SEED_BYTES, makeKeyPair } from '../../lib/ledger/account.ts';
import { encodeGenesisData } from '../../lib/ledger/genesis.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-state-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keys = makeKeyPair(new Uint8Array(KEY_SEED_BYTES).fill(7));
const target = 1n << 232n;
const genesis = {
  data: encodeGenesisData({
    room: 'abc',
    rules: 'class',
    target,
    spacingMs: 10_000,
    reward: 50,
    timeMs: 1,
  }),
  previousHash: NO_PREVIOUS_HASH,
  proofOfWork: new Uint8Array(8),
};
const classRoom: RoomState = {
  room: 'abc',
  keys,
  setting: { kind: 'class', target, spacingMs: 10_000, genesis },
};
const bridgedRoom: RoomState = {
  room: 'abc',
  keys,
  setting: {
    kind: 'bridge',
    target,
    minSpacingMs: 0,
    dataLimitBytes: 670,
    udp: { host: '::1', port: 7 },
    miners: [{ host: 'miner.1', port: 5000 }],
  },
};
type Fields = Record<string, unknown>;
const file = () => join(folder, 'room.json');

describe('the state folder', () => {
  it('holds no room at first, also where it does not exist', async () => {
    expect(await readState(folder)).toEqual({ kind: 'none' });
    expect(await readState(join(folder, 'missing'))).toEqual({ kind: 'none' });
  });

  it.each([classRoom, bridgedRoom])('gives back the room that was written', async (state) => {
    const deep = join(folder, 'a', 'b');
    expect(await writeState(deep, state)).toEqual({ ok: true });
    expect(await readState(deep)).toEqual({ kind: 'state', state });
    expect(await readdir(deep)).toEqual(['room.json']);
  });

  it('gives back a bridged room of before, which knew no limit of data', async () => {
    await writeState(folder, bridgedRoom);
    const { dataLimitBytes, ...fields } = JSON.parse(await readFile(file(), 'utf8')) as Fields;
    expect(dataLimitBytes).toBe(670);
    await writeFile(file(), JSON.stringify(fields));
    const setting = { dataLimitBytes: DATA_LIMIT_BYTES };
    expect(await readState(folder)).toMatchObject({ kind: 'state', state: { setting } });
  });

  it('keeps the old room where a crash left half of a new one', async () => {
    await writeState(folder, classRoom);
    await writeFile(`${file()}.new`, '{"version": 1, "ro');
    expect(await readState(folder)).toMatchObject({ kind: 'state' });
    await writeState(folder, bridgedRoom);
    expect(await readState(folder)).toEqual({ kind: 'state', state: bridgedRoom });
  });

  it('refuses a file cut anywhere, and leaves it as it is', async () => {
    await writeState(folder, classRoom);
    const whole = await readFile(file(), 'utf8');
    for (let length = 0; length < whole.length - 2; length += 7) {
      await writeFile(file(), whole.slice(0, length));
      const outcome = await readState(folder);
      expect(outcome).toMatchObject({ kind: 'damaged' });
      expect(outcome.kind === 'damaged' && outcome.message).toContain('--new');
    }
    expect((await readFile(file(), 'utf8')).length).toBeGreaterThan(0);
  });

  it.each([
    ['version', 2],
    ['room', 'Not A Room'],
    ['room', 'other'],
    ['key', '00'.repeat(32)],
    ['key', 'xyz'],
    ['target', '0'],
    ['target', 5],
    ['kind', 'club'],
    ['spacingMs', 5],
    ['spacingMs', '10s'],
    ['genesis', null],
    ['genesis', { data: '', previous: '00'.repeat(32), p_o_w: '00'.repeat(8) }],
    ['genesis', { data: '', previous: '11'.repeat(32), p_o_w: '00'.repeat(8) }],
  ])('refuses a file whose %s is %j', async (key, value) => {
    await writeState(folder, classRoom);
    const fields = JSON.parse(await readFile(file(), 'utf8')) as object;
    await writeFile(file(), JSON.stringify({ ...fields, [key]: value }));
    expect(await readState(folder)).toMatchObject({ kind: 'damaged' });
  });

  it.each([
    ['minSpacingMs', 1],
    ['dataLimitBytes', 599],
    ['dataLimitBytes', 600.5],
    ['dataLimitBytes', '670'],
    ['udp', null],
    ['udp', ':5'],
    ['miners', 'miner.1'],
    ['miners', ['']],
  ])('refuses a bridged room whose %s is %j', async (key, value) => {
    await writeState(folder, bridgedRoom);
    const fields = JSON.parse(await readFile(file(), 'utf8')) as object;
    await writeFile(file(), JSON.stringify({ ...fields, [key]: value }));
    expect(await readState(folder)).toMatchObject({ kind: 'damaged' });
  });

  it('holds a chain folder for each room, and forgets that of a replaced one', async () => {
    const chain = chainFolder(folder, bridgedRoom);
    expect(chain).toContain(keys.account);
    await mkdir(chain);
    await removeChain(folder, bridgedRoom);
    await removeChain(folder, bridgedRoom);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['[]', 'null', '5', 'x'.repeat(70_000)])('refuses %.10s', async (text) => {
    await writeFile(file(), text);
    expect(await readState(folder)).toMatchObject({ kind: 'damaged' });
  });

  it('says where it cannot write', async () => {
    await writeFile(join(folder, 'taken'), '');
    const outcome = await writeState(join(folder, 'taken'), classRoom);
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('--state') });
  });
});
