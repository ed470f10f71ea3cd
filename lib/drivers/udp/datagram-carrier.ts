/**
 * Carries the links' datagrams over UDP: a fair-loss link between accounts whose addresses are known (R19).
 *
 * A datagram begins with the account that it claims to come from, so that peers behind one address, or behind a relay,
 * can be told apart. The claim proves nothing: authenticated links stand on it. It is another protocol than the
 * homework's, so it needs a socket of its own, and must never be pointed at a homework miner.
 */
import { bytesToHex, concatBytes, readHex } from '../../chain/bytes.ts';
import type { Account } from '../../ledger/account.ts';
import { DATAGRAM_LIMIT_BYTES, type FairLossLink } from '../../net/links/fair-loss.ts';
import type { UdpSocket } from './socket.ts';

const ACCOUNT_BYTES = 20;
/** Bytes that may wait in this process; what comes on top is lost, as on any full network. */
const QUEUE_LIMIT_BYTES = 1024 * 1024;

/** Where a peer is reached: an IP address, since a datagram has no time for a look-up. */
export interface CarrierAddress {
  readonly ip: string;
  readonly port: number;
}

export interface UdpCarrierOptions {
  readonly self: Account;
  readonly socket: UdpSocket;
  /** Whom it can send to. What comes from others is delivered too, and they are answered where they are listed. */
  readonly peers: ReadonlyMap<Account, CarrierAddress>;
  /** Takes each datagram that arrives, with the account that it claims to come from. */
  readonly receive: (from: Account, bytes: Uint8Array) => void;
}

/** The lower end of the links of this account; it listens until the socket is closed. */
export function openUdpCarrier({ self, socket, peers, receive }: UdpCarrierOptions): FairLossLink {
  const claim = readHex(self)!;
  socket.listen((bytes) => {
    if (bytes.length < ACCOUNT_BYTES || bytes.length > DATAGRAM_LIMIT_BYTES) return;
    receive(bytesToHex(bytes.subarray(0, ACCOUNT_BYTES)), bytes.subarray(ACCOUNT_BYTES));
  });
  return {
    limitBytes: DATAGRAM_LIMIT_BYTES - ACCOUNT_BYTES,
    send(to, bytes) {
      const address = peers.get(to);
      if (address === undefined || socket.queuedBytes() > QUEUE_LIMIT_BYTES) return;
      socket.send(concatBytes(claim, bytes), address.ip, address.port);
    },
  };
}
