import { networkInterfaces } from 'node:os';
import { expect } from 'vitest';
import { freeTcpPort } from './processes.ts';
import { waitFor } from './wait.ts';
import { test } from './world.ts';

const CONNECT = `(async () => {
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate);
  const channel = a.createDataChannel('x');
  const heard = new Promise((resolve) => {
    b.ondatachannel = ({ channel }) => (channel.onmessage = ({ data }) => resolve(data));
  });
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  channel.onopen = () => channel.send('hello');
  return heard;
})()`;

test.skipIf(process.env['TABCHAIN_NO_NAMESPACES'] === '1')(
  'the network of a test reaches nothing outside',
  async () => {
    expect(Object.keys(networkInterfaces()).sort()).toSatisfy((names: string[]) =>
      names.every((name) => name === 'lo' || name.startsWith('tabchain')),
    );
    await expect(
      fetch('http://192.0.2.1/', { signal: AbortSignal.timeout(5_000) }),
    ).rejects.toThrow();
  },
);

test('a tab can use WebRTC without any network outside', async ({ world }) => {
  const port = await freeTcpPort();
  const page = `require('http').createServer((_, reply) => reply.setHeader('content-type', 'text/html').end('<link rel=icon href=data:,>')).listen(${port}, () => console.log('ready'))`;
  const server = world.start('server', process.execPath, ['-e', page]);
  await server.waitForLine(/ready/, 60_000);
  const tab = await (await world.browser()).openTab('tab', `http://127.0.0.1:${port}/`);
  expect(await tab.page.evaluate(CONNECT)).toBe('hello');
});

test('a program that ends early fails the wait for its line at once', async ({ world }) => {
  const program = world.start('brief', process.execPath, ['-e', 'console.log("good bye")']);
  await expect(program.waitForLine(/welcome/, 60_000)).rejects.toThrow(/good bye/);
});

test('a program that hangs dies with all that it has started', async ({ world }) => {
  const hang = `require('child_process').spawn(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1e6)'], { stdio: 'inherit' }); setInterval(() => {}, 1e6)`;
  const program = world.start('hanging', process.execPath, ['-e', hang]);
  const child = Number((await program.waitForLine(/^(\d+)$/, 60_000))[1]);
  await program.kill();
  await waitFor(() => !isAlive(child), { timeoutMs: 60_000, describe: 'the grandchild is gone' });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
