/**
 * A company whose nodes talk over UDP sockets on the loopback interface (R18).
 */
import { systemRandomness } from '../../drivers/clocks.ts';
import { blockSpacingMs, HASHES_PER_BLOCK, type Company, type CompanyOptions } from './company.ts';
import { CompanyClock } from './company-clock.ts';
import { makeRoom, peerOptions } from './room.ts';
import { UdpNode } from './udp-node.ts';

const PUMP_EVERY_MS = 20;
/** Nodes take turns, so that their ticks do not fall together. */
const TICK_EVERY_PUMPS = 12;
const LOOK_EVERY_MS = 25;

/** Makes the nodes; none of them runs yet. */
export function openUdpCompany({ seed, peers, miners, watch }: CompanyOptions): Company {
  const clock = new CompanyClock();
  const room = makeRoom(seed, peers, Date.now());
  const hashesPerSecond = (1_000 * HASHES_PER_BLOCK) / blockSpacingMs(peers) / miners;
  const nodes: UdpNode[] = room.keys.map(
    (_, index) =>
      new UdpNode({
        ...{ index, watch, clock },
        options: peerOptions(room, index, index < miners, systemRandomness),
        genesis: index === 0 ? room.genesis : null,
        hashesPerSecond: index < miners ? hashesPerSecond : 0,
        meetingPlace: () =>
          index === 0 ? null : { account: room.keys[0]!.account, port: nodes[0]!.port },
      }),
  );
  let pumps = 0;
  const timer = setInterval(() => {
    pumps++;
    clock.beat();
    for (const node of nodes) node.pump((pumps + node.index) % TICK_EVERY_PUMPS === 0);
  }, PUMP_EVERY_MS);
  return {
    nodes,
    get nowMs() {
      return clock.nowMs;
    },
    async until(done, limitMs) {
      const endMs = clock.nowMs + limitMs;
      while (!done()) {
        if (clock.nowMs > endMs) return false;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      return true;
    },
    async close() {
      clearInterval(timer);
      for (const node of nodes) node.crash();
    },
  };
}
