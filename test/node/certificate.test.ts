import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCertificate, type Certificate } from '../../lib/node/certificate.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NAMES = ['localhost', '127.0.0.1', '::1', '192.168.1.7'];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tabchain-certificate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function own(names = NAMES): Promise<Certificate> {
  const outcome = await openCertificate({ kind: 'own' }, join(folder, 'state'), names);
  if (outcome.kind !== 'certificate') throw new Error(outcome.message);
  return outcome.certificate;
}

async function makePair(fromDays: number, toDays: number, passphrase?: string) {
  const made = await generate([{ name: 'commonName', value: 'test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + fromDays * DAY_MS),
    notAfterDate: new Date(Date.now() + toDays * DAY_MS),
    ...(passphrase !== undefined && { passphrase }),
  });
  return { cert: `${made.cert.trim()}\n`, key: `${made.private.trim()}\n` };
}

async function given(cert: string | Buffer, key: string | Buffer) {
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certPath, cert);
  await writeFile(keyPath, key);
  return openCertificate({ kind: 'given', certPath, keyPath }, folder, NAMES);
}

describe('a certificate that is made here', () => {
  it('holds every name, is readable by its owner alone, and is the same the next time', async () => {
    const made = await own();
    const certificate = new X509Certificate(made.cert);
    for (const ip of NAMES.slice(1)) expect(certificate.checkIP(ip)).toBeDefined();
    expect(certificate.checkHost('localhost')).toBeDefined();
    expect(certificate.ca).toBe(false);
    expect(made).toMatchObject({ isOwn: true, fingerprint: certificate.fingerprint256 });
    if (process.platform !== 'win32')
      expect((await stat(join(folder, 'state/https.pem'))).mode & 0o777).toBe(0o600);
    expect(await own(NAMES.slice(0, 3))).toEqual(made);
  });

  it('is made anew where an address has changed', async () => {
    const before = await own();
    const after = await own([...NAMES, '192.168.1.8']);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(new X509Certificate(after.cert).checkIP('192.168.1.8')).toBeDefined();
  });

  it.each([
    ['it expires soon', 29],
    ['it has expired', -1],
  ])('is made anew where %s', async (_name, days) => {
    const before = await own([]);
    const path = join(folder, 'state/https.pem');
    const soon = await makePair(-100, days);
    await writeFile(path, soon.key + soon.cert);
    const after = await own([]);
    expect(after.fingerprint).not.toBe(new X509Certificate(soon.cert).fingerprint256);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect((await own([])).fingerprint).toBe(after.fingerprint);
  });

  it.each(['', 'garbage', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'is made anew where its file was damaged to "%s"',
    async (text) => {
      await own();
      await writeFile(join(folder, 'state/https.pem'), text);
      const after = await own();
      expect(await own()).toEqual(after);
    },
  );

  it('is refused with a sentence where it cannot be kept', async () => {
    await writeFile(join(folder, 'state'), 'a file in the place of the folder');
    expect(await openCertificate({ kind: 'own' }, join(folder, 'state'), NAMES)).toEqual({
      kind: 'failed',
      message: expect.stringMatching(/cannot be kept in .*--state/),
    });
  });
});

describe('a certificate of theirs', () => {
  it('is taken with all that stands behind it', async () => {
    const [{ cert, key }, signer] = [await makePair(-1, 10), await makePair(-1, 10)];
    const outcome = await given(cert + signer.cert, key);
    expect(outcome).toMatchObject({
      kind: 'certificate',
      certificate: { cert: cert + signer.cert, isOwn: false },
    });
  });

  it('may stand in one file with its key', async () => {
    const { cert, key } = await makePair(-1, 10);
    expect(await given(key + cert, key + cert)).toMatchObject({ kind: 'certificate' });
  });

  it('is refused where it and the key do not belong together, or its time is not now', async () => {
    const [a, b] = [await makePair(-1, 10), await makePair(-1, 10)];
    const [old, early] = [await makePair(-10, -1), await makePair(1, 10)];
    const refusals: [{ cert: string; key: string }, RegExp][] = [
      [{ cert: a.cert, key: b.key }, /key\.pem does not belong to the first certificate in/],
      [{ cert: b.cert + a.cert, key: a.key }, /does not belong/],
      [old, /has expired: it was valid until \d{4}-\d\d-\d\d/],
      [early, /valid only from/],
    ];
    for (const [{ cert, key }, sentence] of refusals)
      expect(await given(cert, key)).toEqual({
        kind: 'wrong',
        message: expect.stringMatching(sentence),
      });
  });

  it('is refused where a file is no PEM, locked, or far too long', async () => {
    const { cert, key } = await makePair(-1, 10);
    const locked = await makePair(-1, 10, 'secret');
    const refusals: [string | Buffer, string | Buffer, RegExp][] = [
      ['', key, /cert\.pem holds no certificate/],
      [key, key, /cert\.pem holds no certificate/],
      [Buffer.alloc(1000, 255), key, /cert\.pem holds no certificate/],
      [cert, '', /key\.pem holds no private key/],
      [cert, cert, /key\.pem holds no private key/],
      [cert, locked.key, /key\.pem is locked by a passphrase/],
      [cert + ' '.repeat(300_000), key, /cert\.pem is too long/],
    ];
    for (const [certText, keyText, sentence] of refusals)
      expect(await given(certText, keyText)).toEqual({
        kind: 'wrong',
        message: expect.stringMatching(sentence),
      });
  });

  it('is refused where a file cannot be read', async () => {
    const { cert, key } = await makePair(-1, 10);
    await given(cert, key);
    const certPath = join(folder, 'cert.pem');
    const choice = { kind: 'given', certPath, keyPath: join(folder, 'none.pem') } as const;
    expect(await openCertificate(choice, folder, NAMES)).toEqual({
      kind: 'wrong',
      message: expect.stringMatching(/--key .*none\.pem cannot be read \(ENOENT\)/),
    });
    expect(await openCertificate({ ...choice, certPath: folder }, folder, NAMES)).toEqual({
      kind: 'wrong',
      message: expect.stringMatching(/--cert .* cannot be read \(EISDIR\)/),
    });
  });
});
