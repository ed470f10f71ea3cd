import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PEER_HELP } from '../../lib/node/help-text.ts';
import { readPeerFlags } from '../../lib/node/peer-flags.ts';

const words = (line: string) => line.split(' ').filter((word) => word !== '');

describe('the flags of peer', () => {
  it('may be left out', () => {
    expect(readPeerFlags(words('A 6000 A.txt'))).toEqual({
      kind: 'flags',
      flags: {
        id: 'A',
        port: 6000,
        configPath: resolve('A.txt'),
        host: '127.0.0.1',
        mines: true,
        heartbeatMs: 5_000,
        pollMs: 1_000,
        timestampFormat: 'iso',
        checksHashes: true,
        room: null,
        logDir: null,
      },
    });
  });

  it('change what they name', () => {
    const line =
      'A 0 A.txt --host 0.0.0.0 --no-mine --heartbeat 1s --poll 200ms --timestamps ctime --any-hashes --log-dir logs';
    expect(readPeerFlags(words(line))).toMatchObject({
      kind: 'flags',
      flags: {
        port: 0,
        host: '0.0.0.0',
        mines: false,
        heartbeatMs: 1_000,
        pollMs: 200,
        timestampFormat: 'ctime',
        checksHashes: false,
        logDir: resolve('logs'),
      },
    });
  });

  it.each([
    ['A x A.txt', '<port> "x" is no port'],
    ['A/B 6000 A.txt', '<id> "A/B" is no id'],
    ['A 6000 A.txt more', '"more" is not understood'],
    ['A 6000 A.txt --timestamps today', '--timestamps "today" is unknown'],
    ['A 6000 A.txt --heartbeat 1ms', '--heartbeat "1ms" is no time'],
    ['A 6000 A.txt --room nonsense', '--room'],
    ['A 6000 A.txt --nonsense', 'The flag --nonsense is unknown'],
  ])('%j are refused with a sentence', (line, sentence) => {
    const outcome = readPeerFlags(words(line));
    expect(outcome.kind).toBe('wrong');
    if (outcome.kind === 'wrong') expect(outcome.message).toContain(sentence);
  });

  it('are explained where arguments are missing, and on request', () => {
    expect(readPeerFlags(words('A 6000')).kind).toBe('usage');
    expect(readPeerFlags(['--help']).kind).toBe('help');
    expect(PEER_HELP).toContain('sha256(str(proof² − previous proof²)) begins with 00');
    for (const line of PEER_HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });
});
