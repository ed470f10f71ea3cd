/**
 * The certificate of a room served over https: one that is made here and kept in the state folder, or its owner's (R27).
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { CertificateChoice } from './start-flags.ts';
import { writeWhole } from './whole-file.ts';

/** Key and certificate in one file, so that no crash leaves one of them without the other. */
const OWN_FILE = 'https.pem';
const DAY_MS = 24 * 60 * 60 * 1000;
/** Safari refuses server certificates that are valid for longer than 398 days. */
const OWN_LIFETIME_MS = 397 * DAY_MS;
/** A server that is started with it runs for weeks at most. */
const OWN_LEAST_REST_MS = 30 * DAY_MS;
/** Clocks of phones differ from ours; a certificate that is not valid yet is refused as an expired one is. */
const OWN_BACKDATE_MS = DAY_MS;
/** A machine has a handful of addresses. */
const OWN_NAMES_LIMIT = 64;
/** Both forms of a key under a passphrase say so in their first lines. */
const LOCKED_KEY = /-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m;
/** A chain of ten certificates has some 20 KB. */
const FILE_LIMIT_BYTES = 256 * 1024;

export interface Certificate {
  /** The certificate, and those of its signers behind it, as PEM. */
  readonly cert: string;
  /** The private key, as PEM. */
  readonly key: string;
  /** SHA-256 of the certificate, as browsers show it: 32 pairs of hex digits with colons between. */
  readonly fingerprint: string;
  /** Whether it was made here, so that no browser knows its signer. */
  readonly isOwn: boolean;
}

export type CertificateOutcome =
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  /** The files that the command line names cannot be used. */
  | { readonly kind: 'wrong'; readonly message: string }
  /** The state folder cannot be written. */
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Reads or makes the certificate that was asked for.
 * @param names host names and IP addresses that one made here is to hold.
 */
export async function openCertificate(
  choice: CertificateChoice,
  stateDir: string,
  names: readonly string[],
): Promise<CertificateOutcome> {
  return choice.kind === 'own'
    ? keepOwn(stateDir, names.slice(0, OWN_NAMES_LIMIT))
    : readGiven(choice.certPath, choice.keyPath);
}

async function keepOwn(stateDir: string, names: readonly string[]): Promise<CertificateOutcome> {
  const kept = await readOwn(stateDir, names);
  if (kept !== null) return { kind: 'certificate', certificate: kept };
  const made = await makeOwn(names);
  try {
    await mkdir(stateDir, { recursive: true });
    await writeWhole(stateDir, OWN_FILE, made.key + made.cert);
  } catch (error) {
    return {
      kind: 'failed',
      message: `The certificate cannot be kept in ${stateDir} (${codeOf(error)}): choose another folder with --state.`,
    };
  }
  return { kind: 'certificate', certificate: made };
}

/** The kept certificate, or null where there is none that can still be used. A made one is lost without harm. */
async function readOwn(stateDir: string, names: readonly string[]): Promise<Certificate | null> {
  try {
    const pem = (await readFile(join(stateDir, OWN_FILE))).toString('latin1');
    const certificate = new X509Certificate(pem);
    const key = createPrivateKey(pem);
    const isUsable =
      certificate.checkPrivateKey(key) &&
      Date.parse(certificate.validFrom) <= Date.now() &&
      Date.parse(certificate.validTo) - Date.now() >= OWN_LEAST_REST_MS &&
      names.every((name) =>
        isIP(name) === 0
          ? certificate.checkHost(name) !== undefined
          : certificate.checkIP(name) !== undefined,
      );
    return isUsable ? certificateOf(certificate, certificate.toString(), key, true) : null;
  } catch {
    return null;
  }
}

async function makeOwn(names: readonly string[]): Promise<Certificate> {
  // The library takes most of a second to load, which a start without https does not wait for.
  const { generate } = await import('selfsigned');
  const nowMs = Date.now();
  const made = await generate([{ name: 'commonName', value: 'Tabchain on this network' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - OWN_BACKDATE_MS),
    notAfterDate: new Date(nowMs - OWN_BACKDATE_MS + OWN_LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
        ),
      },
    ],
  });
  const certificate = new X509Certificate(made.cert);
  return certificateOf(certificate, certificate.toString(), createPrivateKey(made.private), true);
}

async function readGiven(certPath: string, keyPath: string): Promise<CertificateOutcome> {
  const certText = await readPem(certPath, '--cert');
  if (!certText.ok) return wrong(certText.message);
  const keyText = await readPem(keyPath, '--key');
  if (!keyText.ok) return wrong(keyText.message);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certText.pem);
  } catch {
    return wrong(`--cert ${certPath} holds no certificate: give a file in PEM form.`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(keyText.pem);
  } catch {
    return wrong(
      LOCKED_KEY.test(keyText.pem)
        ? `--key ${keyPath} is locked by a passphrase: give a key without one.`
        : `--key ${keyPath} holds no private key: give a file in PEM form.`,
    );
  }
  if (!certificate.checkPrivateKey(key))
    return wrong(`The key in ${keyPath} does not belong to the first certificate in ${certPath}.`);
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (to.getTime() <= Date.now())
    return wrong(`The certificate in ${certPath} has expired: it was valid until ${dayOf(to)}.`);
  if (from.getTime() > Date.now())
    return wrong(`The certificate in ${certPath} is valid only from ${dayOf(from)} on.`);
  try {
    createSecureContext({ cert: certText.pem, key: keyText.pem });
  } catch (error) {
    return wrong(`The certificate in ${certPath} cannot be used for https (${codeOf(error)}).`);
  }
  return {
    kind: 'certificate',
    certificate: certificateOf(certificate, certText.pem, key, false),
  };
}

async function readPem(
  path: string,
  flag: string,
): Promise<{ ok: true; pem: string } | { ok: false; message: string }> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > FILE_LIMIT_BYTES)
      return { ok: false, message: `${flag} ${path} is too long for a file in PEM form.` };
    return { ok: true, pem: bytes.toString('latin1') };
  } catch (error) {
    return { ok: false, message: `${flag} ${path} cannot be read (${codeOf(error)}).` };
  }
}

function certificateOf(
  certificate: X509Certificate,
  cert: string,
  key: KeyObject,
  isOwn: boolean,
): Certificate {
  return {
    cert,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: certificate.fingerprint256,
    isOwn,
  };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

function wrong(message: string): CertificateOutcome {
  return { kind: 'wrong', message };
}
