/**
 * Tabchain for Node: a peer with worker threads, WebRTC and UDP, and the parts that the command line is made of.
 */
export * from '../index.ts';
export {
  makeNodeKeys,
  openNodeSession,
  signalUrlOf,
  type NodeSessionOptions,
  type NodeSessionOutcome,
} from './node-session.ts';
export { genesisSourceOf } from '../drivers/genesis-source.ts';
export { openUdpSocket, type UdpSocket, type UdpSocketOutcome } from '../drivers/udp/socket.ts';
export { readUdpAddress, type UdpAddress } from '../drivers/udp/address.ts';
export {
  createUdpTransport,
  type UdpPeer,
  type UdpTransportOptions,
} from '../drivers/udp/transport.ts';
export { createThreadPool } from '../drivers/workers/thread-pool.ts';
export {
  startSignalingServer,
  type SignalingServer,
  type SignalingServerOptions,
} from '../../signaling/server.ts';
export { trustServer, type ServerTrust } from './server-trust.ts';
export { startStatusServer, type StatusServer, type StatusSource } from './status-server.ts';
export { describeTree } from './tree-printer.ts';
export { writeTree, type TreeNode } from './tree-text.ts';
