/**
 * Keeps WebRTC's threads of a Node process alive (R29): @roamhq/wrtc starts some with the first RTCPeerConnection, ends
 * them with the last, and leaks threads and descriptors on the way. One that is never used keeps them for good.
 */
import type { WrtcModule } from './link.ts';

let held: RTCPeerConnection | null = null;

/** Makes the held connection, once for the life of the process. It contacts nobody. */
export function holdPeerConnection(wrtc: WrtcModule): void {
  held ??= new wrtc.RTCPeerConnection({ iceServers: [] });
}
