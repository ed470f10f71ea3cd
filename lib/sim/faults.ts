/**
 * What goes wrong in a world, and when: a list of faults that ends before the world heals (R17, R21, R31).
 */
import { NO_UDP_FAULTS, type UdpFaults } from './udp-network.ts';
import type { PeerSettings } from '../peer/inputs.ts';
import type { World } from './world.ts';

/** Times are in milliseconds since the world began; indices are those of machines. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'partition'; readonly forMs: number; readonly sides: readonly number[] }
  /** Datagrams from one machine to another are lost, though not back. */
  | {
      readonly kind: 'deaf';
      readonly forMs: number;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: 'crash';
      readonly forMs: number;
      readonly of: number;
      /** With a goodbye and a last write, as when a page is closed. */
      readonly clean: boolean;
    }
  /** From now on, until the world heals. */
  | ({ readonly kind: 'udp' } & UdpFaults)
  | { readonly kind: 'sleep'; readonly forMs: number; readonly of: number }
  /** A homework miner's container is started again: it knows nothing, and roots itself on what it hears first. */
  | { readonly kind: 'miner-restart'; readonly forMs: number; readonly of: number }
  | {
      readonly kind: 'settings';
      readonly of: number;
      readonly settings: Partial<PeerSettings>;
    }
  | { readonly kind: 'server-down'; readonly forMs: number }
  /** A machine leaves the Wi-Fi for a moment: all its links end. */
  | { readonly kind: 'link-break'; readonly of: number }
  | { readonly kind: 'clock-set'; readonly of: number; readonly byMs: number }
  | { readonly kind: 'power'; readonly of: number; readonly hashesPerSecond: number }
);

/** Plans a fault and its end. */
export function planFault(world: World, fault: Fault): void {
  const { queue, story, room, udp, peers, miners } = world;
  const begin = (happen: () => void): void => queue.push(fault.atMs, happen);
  const end = (forMs: number, happen: () => void): void =>
    queue.push(fault.atMs + forMs, () => {
      if (!world.isHealed) happen();
    });
  switch (fault.kind) {
    case 'partition': {
      const { sides, forMs } = fault;
      begin(() => {
        story.note(null, `the network splits: ${sides.join('')}`);
        room.setSides(sides);
        udp.setSides(sides);
      });
      end(forMs, () => {
        story.note(null, 'the network is whole again');
        room.setSides(null);
        udp.setSides(null);
      });
      return;
    }
    case 'deaf': {
      const { from, to, forMs } = fault;
      begin(() => {
        story.note(to, `no longer hears ${world.nameOf(from)}`);
        udp.setDeaf({ from, to });
      });
      end(forMs, () => udp.setDeaf(null));
      return;
    }
    case 'crash': {
      const member = peers[fault.of]!;
      begin(() => member.crash(fault.clean));
      end(fault.forMs, () => {
        story.note(fault.of, 'is started again');
        member.start();
      });
      return;
    }
    case 'udp':
      begin(() => udp.setFaults(fault));
      return;
    case 'sleep':
      begin(() => peers[fault.of]!.sleep(fault.forMs));
      return;
    case 'miner-restart': {
      const miner = miners[fault.of - peers.length]!;
      begin(() => miner.stop());
      end(fault.forMs, () => miner.restart());
      return;
    }
    case 'settings':
      begin(() => peers[fault.of]!.take({ kind: 'settings', settings: fault.settings }));
      return;
    case 'server-down':
      begin(() => {
        story.note(null, 'the signaling server is gone');
        room.setServerUp(false);
      });
      end(fault.forMs, () => room.setServerUp(true));
      return;
    case 'link-break':
      begin(() => room.breakLinks(peers[fault.of]!));
      return;
    case 'clock-set':
      begin(() => peers[fault.of]!.adjustClock(fault.byMs));
      return;
    case 'power':
      begin(() => {
        const { of, hashesPerSecond } = fault;
        if (of < peers.length) peers[of]!.setPower(hashesPerSecond);
        else miners[of - peers.length]!.setPower(hashesPerSecond);
      });
      return;
  }
}

/** Ends every fault that still goes on. */
export function heal({ room, udp, peers, miners, story }: World): void {
  story.note(null, 'the world heals');
  room.setServerUp(true);
  room.setSides(null);
  udp.setSides(null);
  udp.setDeaf(null);
  udp.setFaults(NO_UDP_FAULTS);
  for (const miner of miners) miner.restart();
  for (const member of peers) {
    member.start();
    member.wake();
  }
}
