/**
 * From a room's link to what the peer must know of its genesis.
 */
import type { RoomPolicy } from '../net/room-link.ts';
import type { GenesisSource } from '../peer/genesis.ts';

export function genesisSourceOf({ genesis }: RoomPolicy): GenesisSource {
  switch (genesis.kind) {
    case 'pinned':
      return { kind: 'pinned', hash: genesis.hash };
    case 'udp':
      return { kind: 'endorsed', bridge: genesis.bridge };
    case 'new':
      return { kind: 'new' };
  }
}

/** Names a room's store: rooms of one code but of different genesis blocks must not share one. */
export function storeNameOf({ room, genesis }: RoomPolicy): string {
  switch (genesis.kind) {
    case 'pinned':
      return `${room}-${genesis.hash.slice(0, 16)}`;
    case 'udp':
      return `${room}-udp-${genesis.bridge.slice(0, 16)}`;
    case 'new':
      return `${room}-new`;
  }
}
