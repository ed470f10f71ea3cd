/**
 * Everything that the signaling server bounds (R26). Each can be set when it starts; these are the defaults.
 */
import {
  HEARTBEAT_INTERVAL_MS,
  MESSAGE_LIMIT_BYTES,
  SILENCE_LIMIT_MS,
} from '../lib/drivers/signaling/wire.ts';

export interface SignalingLimits {
  /** A longer text closes its connection. */
  readonly messageBytes: number;
  /** Messages that a client may send at once. */
  readonly burstMessages: number;
  /** Messages a second that a client may send for long. */
  readonly messagesPerSecond: number;
  /** Bytes that a client may have relayed at once. */
  readonly relayBurstBytes: number;
  /** Bytes a second that a client may have relayed for long. Who sends more is read more slowly; nothing is lost. */
  readonly relayBytesPerSecond: number;
  readonly peersPerRoom: number;
  readonly rooms: number;
  /** Open WebSockets. */
  readonly connections: number;
  /** Open WebSockets of one address. */
  readonly connectionsPerAddress: number;
  /** Bytes that may wait for a client that reads too slowly. */
  readonly bufferedBytes: number;
  /** Registered room links. */
  readonly roomLinks: number;
  readonly heartbeatIntervalMs: number;
  /** A client that has said nothing for so long is gone; one that has not joined by then is not coming. */
  readonly silenceLimitMs: number;
}

export const DEFAULT_LIMITS: SignalingLimits = {
  messageBytes: MESSAGE_LIMIT_BYTES,
  // One that joins a room of 60 and dials them all sends an offer and about 12 candidates to each: 780.
  burstMessages: 1_000,
  // A room in which everybody reloads within ten seconds stays below.
  messagesPerSecond: 100,
  // A chain of two thousand blocks for a newcomer at once.
  relayBurstBytes: 4 * 1024 * 1024,
  // Twelve links that each pass on ten full blocks a second; a hundred clients of this kind fill no gigabit.
  relayBytesPerSecond: 1024 * 1024,
  // A lecture hall with two devices each; the welcome of a full room has 22 KB.
  peersPerRoom: 512,
  // A school. An empty room does not exist, so this many need as many clients.
  rooms: 1_000,
  // A large school; each costs a descriptor and some tens of kilobytes.
  connections: 2_000,
  // A class behind one address translation, each pupil with several tabs.
  connectionsPerAddress: 300,
  // Several neighbours may send a batch of blocks at once; a client that lags by sixty of them will not catch up.
  bufferedBytes: 4 * 1024 * 1024,
  // A server serves one room, or the few rooms of one teacher.
  roomLinks: 64,
  heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
  silenceLimitMs: SILENCE_LIMIT_MS,
};
