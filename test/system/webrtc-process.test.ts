/** WebRTC in a child process, whose death costs links and nothing else (R9, R29). */
import { afterEach, describe, expect, test } from 'vitest';
import {
  startWebRtcProcess,
  type WebRtcProcess,
} from '../../lib/drivers/webrtc/process-transport.ts';
import { createSignalHub } from '../drivers/signal-hub.ts';
import { describeTransport, type JoinRoom } from '../drivers/transport-contract.ts';
import { makeMember, until } from '../drivers/transport-world.ts';

const LOW = '1'.repeat(40);
const HIGH = 'e'.repeat(40);
const ABSENT = 'a'.repeat(40);
const PATIENT_DIAL_MS = 120_000;

async function makeRoom(): Promise<{
  join: JoinRoom;
  processes: readonly WebRtcProcess[];
  close(): Promise<void>;
}> {
  // As many as join in any test. Each is ready before it joins, as in a node.
  const idle = [1, 2, 3].map(() => startWebRtcProcess());
  for (const process of idle) expect(await process.ready).toBe(true);
  const processes: WebRtcProcess[] = [];
  const { join } = createSignalHub((nodeId, events) => {
    const process = idle.shift()!;
    processes.push(process);
    return process.createTransport({ nodeId, iceServers: [] }, events, Math.random);
  });
  return {
    processes,
    join,
    close() {
      for (const process of idle) process.close();
      return Promise.resolve();
    },
  };
}

describeTransport('WebRTC in a child process', makeRoom);

test('a child process that is not needed any more ends, however early that is', async () => {
  const early = startWebRtcProcess();
  early.close();
  const ready = startWebRtcProcess();
  await ready.ready;
  ready.close();
  for (const { pid } of [early, ready]) await until('it has ended', () => !isAlive(pid));
});

test('what comes before the child is ready is heard once it is', async () => {
  const ready = startWebRtcProcess();
  expect(await ready.ready).toBe(true);
  const { join } = createSignalHub((nodeId, events) => {
    const process = nodeId === HIGH ? ready : startWebRtcProcess();
    // Longer than any start of a child on a busy machine: a dial that failed would be no answer to the question.
    const order = { nodeId, iceServers: [], dialLimitMs: PATIENT_DIAL_MS };
    return process.createTransport(order, events, Math.random);
  });
  const [high, low] = [makeMember(HIGH, join), makeMember(LOW, join)];
  await until('they see each other', () => low.present.length + high.present.length === 2);
  high.transport.dial(LOW);
  await until('they are linked', () => low.links.size + high.links.size === 2);
  expect(high.failedDials).toEqual([]);
  for (const member of [low, high]) member.transport.close();
  for (const member of [low, high]) expect(member.breaches).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a child process that dies', () => {
  let ends: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
  });

  test('takes its links along, is started again, and new links are made', async () => {
    const room = await makeRoom();
    ends.push(() => room.close());
    const [low, high] = [LOW, HIGH].map((nodeId) => makeMember(nodeId, room.join)) as [
      ReturnType<typeof makeMember>,
      ReturnType<typeof makeMember>,
    ];
    ends.push(() => {
      for (const member of [low, high]) member.transport.close();
    });
    await until('they see each other', () => low.present.length + high.present.length === 2);
    low.transport.dial(HIGH);
    await until('they are linked', () => low.links.size + high.links.size === 2);

    // A dial that never comes to an end by itself before the child dies.
    low.transport.dial(ABSENT);
    process.kill(room.processes[0]!.pid, 'SIGKILL');
    await until('it is noticed', () => low.disconnected.length === 1);
    expect(low.failedDials).toEqual([ABSENT]);
    expect(low.warnings.join()).toMatch(/started again/);

    low.transport.dial(HIGH);
    await until('they are linked again', () => low.linkTo(HIGH) !== undefined);
    await until('so is the other end', () => high.linkTo(LOW) !== undefined);
    low.transport.send(low.linkTo(HIGH)!, Uint8Array.of(7));
    await until('it has arrived', () => high.received.length === 1);
    for (const member of [low, high]) expect(member.breaches).toEqual([]);
  });
});
