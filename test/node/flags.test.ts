import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMinerFlags } from '../../lib/node/miner-flags.ts';
import { readStartFlags } from '../../lib/node/start-flags.ts';

const words = (line: string) => (line === '' ? [] : line.split(' '));
const link = `http://192.168.1.5:8080/#r=abc&g=${'0a'.repeat(32)}`;

describe('the flags of start', () => {
  it('may all be left out', () => {
    expect(readStartFlags([])).toEqual({
      kind: 'flags',
      flags: {
        port: 8080,
        host: '0.0.0.0',
        https: null,
        publicUrl: null,
        iceServers: [],
        stun: true,
        room: null,
        fresh: false,
        target: null,
        spacingMs: null,
        udp: null,
        miners: [],
        udpRoot: { hash: null, any: false },
        minSpacingMs: null,
        field: 'previous',
        dataLimitBytes: null,
        mine: false,
        threads: null,
        status: null,
        logDir: null,
        logJson: false,
        stateDir: resolve('.state'),
      },
    });
  });

  it('set up a bridged room', () => {
    const line =
      '--port 0 --host 127.0.0.1 --room ab-1 --new --target 2**236 --udp miner.s --miners miner.1,miner.2:7 ' +
      '--min-spacing 0 --default-port 6000 --field both --data-limit 670 --mine --threads 2 --status 127.0.0.1:0 --log-dir logs --log-json --state s ' +
      `--genesis-hash ${'0A'.repeat(32)}`;
    expect(readStartFlags(words(line))).toEqual({
      kind: 'flags',
      flags: {
        port: 0,
        host: '127.0.0.1',
        https: null,
        publicUrl: null,
        iceServers: [],
        stun: true,
        room: 'ab-1',
        fresh: true,
        target: 1n << 236n,
        spacingMs: null,
        udp: { host: 'miner.s', port: 6000 },
        miners: [
          { host: 'miner.1', port: 6000 },
          { host: 'miner.2', port: 7 },
        ],
        udpRoot: { hash: '0a'.repeat(32), any: false },
        minSpacingMs: 0,
        field: 'both',
        dataLimitBytes: 670,
        mine: true,
        threads: 2,
        status: { host: '127.0.0.1', port: 0 },
        logDir: resolve('logs'),
        logJson: true,
        stateDir: resolve('s'),
      },
    });
  });

  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1.5s', 1500],
    ['2500', 2500],
    ['24h', 86_400_000],
  ])('take %s as a spacing', (text, spacingMs) => {
    expect(readStartFlags(['--spacing', text])).toMatchObject({ flags: { spacingMs } });
  });

  it.each([
    ['--nonsense', /--nonsense is unknown/],
    ['-x', /-x is unknown/],
    ['8080', /"8080" is not understood/],
    ['--port', /--port needs a value/],
    ['--port --new', /--port needs a value/],
    ['--new=yes', /--new takes no value/],
    ['--port 70000', /--port "70000" is no port/],
    ['--port -1', /--port needs a value|is no port/],
    ['--port http', /is no port/],
    ['--target 2**256', /--target: a target must be below/],
    ['--target 0', /--target: a target of zero/],
    ['--target easy', /--target: "easy" is no target/],
    ['--spacing 10', /--spacing "10" is no time/],
    ['--spacing 0', /--spacing "0" is no time/],
    ['--spacing 25h', /from 100ms to 24h/],
    ['--spacing soon', /"soon" is no time/],
    ['--room My_Room', /is no room code/],
    ['--room', /--room needs a value/],
    ['--cert a.pem', /--cert and --key go together/],
    ['--https --key a.pem', /--cert and --key go together/],
    ['--https=yes', /--https takes no value/],
    ['--ice', /--ice needs a value/],
    ['--ice example.org', /--ice "example.org" is no STUN or TURN server/],
    ['--ice stun:a,', /--ice "" is no STUN or TURN server/],
    ['--ice stun:a:70000', /is no STUN or TURN server/],
    ['--ice turn:a.example', /names no user and password/],
    ['--ice stun:ada:secret@a.example', /names a user, which only a TURN server has/],
    ['--ice s,s,s,s,s,s,s,s,s', /--ice names 9 servers: 8 are the most/],
    ['--public-url class.example', /--public-url "class.example" is no address/],
    ['--public-url ftp://class.example/', /is no address/],
    ['--public-url https://a:b@class.example/', /is no address/],
    ['--public-url https://class.example/?a', /is no address/],
    ['--public-url https://class.example/#r=a', /is no address/],
    ['--udp :5000 --miners a', /--udp: ":5000" names no host/],
    ['--udp a:0 --miners a', /--udp: "0" in "a:0" is no port/],
    ['--udp a', /--udp needs --miners/],
    ['--udp a --miners ,', /--udp needs --miners/],
    ['--udp a --miners b:x', /--miners: "x" in "b:x" is no port/],
    ['--miners a', /--miners belongs to a room with UDP miners/],
    ['--min-spacing 1s', /--min-spacing belongs to/],
    ['--data-limit 670', /--data-limit belongs to/],
    ['--mine', /--mine belongs to/],
    ['--any-root', /--any-root belongs to/],
    ['--udp a --miners b --genesis-hash 12', /--genesis-hash "12" is no hash/],
    ['--udp a --miners b --spacing 1s', /--spacing belongs to a room without/],
    ['--udp a --miners b --min-spacing 1', /or 0 for none/],
    ['--udp a --miners b --field prev', /--field "prev" is unknown/],
    ['--udp a --miners b --threads 0', /--threads "0" is no number/],
    ['--udp a --miners b --status 80', /names no port/],
    ['--udp a --miners b --default-port 0', /--default-port "0" is no port/],
  ])('refuse "%s" with one sentence', (line, sentence) => {
    const outcome = readStartFlags(words(line));
    expect(outcome).toMatchObject({ kind: 'wrong', message: expect.stringMatching(sentence) });
    expect(outcome.kind === 'wrong' && outcome.message).not.toContain('\n');
  });

  it('ask for https with a certificate of ours or of theirs', () => {
    expect(readStartFlags(['--https'])).toMatchObject({ flags: { https: { kind: 'own' } } });
    expect(readStartFlags(words('--cert a.pem --key b.pem'))).toMatchObject({
      flags: { https: { kind: 'given', certPath: resolve('a.pem'), keyPath: resolve('b.pem') } },
    });
    expect(readStartFlags(['--cert', '', '--key', 'b'])).toMatchObject({ kind: 'wrong' });
  });

  it.each([
    ['https://class.example', 'https://class.example/'],
    ['https://class.example/tab', 'https://class.example/tab/'],
    ['http://10.0.0.1:81/a/b/', 'http://10.0.0.1:81/a/b/'],
  ])('take %s as the address for everyone', (text, publicUrl) => {
    expect(readStartFlags(['--public-url', text])).toMatchObject({ flags: { publicUrl } });
  });

  it('switch STUN off', () => {
    expect(readStartFlags(['--no-stun'])).toMatchObject({ flags: { stun: false } });
  });

  it('name STUN and TURN servers, in one word or several', () => {
    const line = '--ice stun:a:1,turn:ada:x%2Cy@b.example --ice turns:u:p@[::1]:5349?transport=tcp';
    expect(readStartFlags(words(line))).toMatchObject({
      flags: {
        iceServers: [
          { urls: 'stun:a:1' },
          { urls: 'turn:b.example', username: 'ada', credential: 'x,y' },
          { urls: 'turns:[::1]:5349?transport=tcp', username: 'u', credential: 'p' },
        ],
      },
    });
  });

  it('ask for help', () => {
    expect(readStartFlags(['--help'])).toEqual({ kind: 'help' });
    expect(readStartFlags(['-h'])).toEqual({ kind: 'help' });
  });
});

describe('the arguments of miner', () => {
  it('are those of the homework', () => {
    expect(readMinerFlags(words('miner.s miner.1,miner.2 genesis'))).toEqual({
      kind: 'flags',
      flags: {
        udp: { host: 'miner.s', port: 5000 },
        others: [
          { host: 'miner.1', port: 5000 },
          { host: 'miner.2', port: 5000 },
        ],
        genesis: true,
        udpRoot: { hash: null, any: false },
        room: null,
        mine: true,
        threads: null,
        power: 1,
        target: null,
        field: 'previous',
        dataLimitBytes: null,
        status: null,
        logDir: null,
        logJson: false,
        storeDir: null,
        name: null,
      },
    });
  });

  it('take the share of time that is searched in percent', () => {
    for (const text of ['50', '50%'])
      expect(readMinerFlags(['a', 'b', '--power', text])).toMatchObject({ flags: { power: 0.5 } });
  });

  it('may be left out where a room is joined', () => {
    expect(readMinerFlags(['--room', link, '--no-mine', '--name', 'Ada'])).toMatchObject({
      kind: 'flags',
      flags: { udp: null, others: [], mine: false, name: 'Ada', room: { policy: { room: 'abc' } } },
    });
    expect(readMinerFlags(['a', 'b', '--room', link])).toMatchObject({
      flags: { udp: { host: 'a' }, room: { link, fingerprint: null } },
    });
  });

  it('may name the certificate of a room served over https', () => {
    const secure = link.replace('http', 'https');
    const shown = Array.from({ length: 32 }, () => 'AB').join(':');
    for (const text of [shown, shown.toLowerCase(), shown.replaceAll(':', '')])
      expect(readMinerFlags(['--room', secure, '--fingerprint', text])).toMatchObject({
        flags: { room: { link: secure, fingerprint: shown } },
      });
    for (const [room, text] of [
      [secure, 'AB:CD'],
      [secure, `${shown}:AB`],
      [secure, shown.replace('A', 'G')],
      [link, shown],
    ] as const)
      expect(readMinerFlags(['--room', room, '--fingerprint', text])).toMatchObject({
        kind: 'wrong',
        message: expect.stringContaining('--fingerprint'),
      });
    expect(readMinerFlags(['a', 'b', '--fingerprint', shown])).toMatchObject({ kind: 'wrong' });
  });

  it.each(['', 'miner.s', '--no-mine', 'miner.s --threads 2'])(
    '"%s" are too few, and the usage is shown',
    (line) => {
      expect(readMinerFlags(words(line))).toEqual({ kind: 'usage' });
    },
  );

  it.each([
    ['a b genesys', /"genesys" is not understood/],
    ['a b genesis more', /"more" is not understood/],
    ['a b --data-limit 599', /--data-limit "599" is no number from 600 to 4096/],
    ['a b --data-limit 5000', /--data-limit "5000" is no number from 600 to 4096/],
    ['a:b c', /<addr>: "b" in "a:b" is no port/],
    ['a b,:1', /<others>: ":1" names no host/],
    ['a b --room nothing', /--room: the link names no room/],
    [`a b genesis --room ${link}`, /"genesis" and --room exclude each other/],
    [`a b --target 2**235 --room ${link}`, /--target and --room exclude each other/],
    [`--room ${link.slice(link.indexOf('#'))}`, /needs the whole link/],
    ['a b genesis --any-root', /--any-root belong to a miner that hears/],
    [`a b --any-root --room ${link}`, /--any-root belong to a miner that hears/],
    [`a b --any-root --genesis-hash ${'0a'.repeat(32)}`, /exclude each other/],
    ['a b --target 1.5', /is no target/],
    ['a b --threads many', /--threads "many" is no number/],
    ['a b --power 0', /--power "0" is no number from 1 to 100/],
    ['a b --power 101', /--power "101" is no number from 1 to 100/],
    ['a b --power half', /--power "half" is no number from 1 to 100/],
    ['a b --status a:b', /names no port/],
    ['a b --name ' + 'x'.repeat(25), /1 to 24 characters/],
    ['a b --port 1', /--port is unknown/],
  ])('"%s" are refused with one sentence', (line, sentence) => {
    expect(readMinerFlags(words(line))).toMatchObject({
      kind: 'wrong',
      message: expect.stringMatching(sentence),
    });
  });

  it('refuse an empty folder for logs', () => {
    expect(readMinerFlags(['a', 'b', '--log-dir', ''])).toMatchObject({ kind: 'wrong' });
  });
});
