/**
 * Profiles whose tabs open no direct links, as an administrator's policy has it; and tabs that do not reach each other
 * through the server either.
 */
import type { Profile } from './browser.ts';
import type { World } from './open-world.ts';

/**
 * Takes WebRTC away from the pages of a new profile.
 * @param partedFrom an account for which the server gets nothing from these pages, so that no link to it ever opens
 */
export async function openBarred(
  world: World,
  { partedFrom = null }: { readonly partedFrom?: string | null } = {},
): Promise<Profile> {
  const profile = await (await world.browser()).openProfile();
  await profile.context.addInitScript((account) => {
    for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection'])
      Reflect.deleteProperty(window, name);
    if (account === null) return;
    // What goes to a peer through the server begins with the 20 bytes of its account.
    const accountOf = (frame: ArrayBuffer | ArrayBufferView): string => {
      const bytes = new Uint8Array(ArrayBuffer.isView(frame) ? frame.buffer : frame);
      return Array.from(bytes.subarray(0, 20), (byte) => byte.toString(16).padStart(2, '0')).join(
        '',
      );
    };
    WebSocket.prototype.send = new Proxy(WebSocket.prototype.send, {
      apply(send, socket: WebSocket, args: [string | ArrayBuffer | ArrayBufferView]) {
        const [frame] = args;
        if (typeof frame === 'string' || accountOf(frame) !== account)
          Reflect.apply(send, socket, args);
      },
    });
  }, partedFrom);
  return profile;
}
