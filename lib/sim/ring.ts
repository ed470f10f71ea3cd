/**
 * Whom the server of a simulated room names to a member: everyone, and in rooms larger than real ones a few on the ring
 * of all node ids (R26).
 *
 * A list of a thousand names for each of a thousand members, whenever somebody comes or goes, is what no server sends;
 * an overlay has to take over there. This is its stand-in: the next member on the ring, and those at a half, an eighth,
 * a thirty-second of it and so on. Whoever comes or goes changes few lists, as in any overlay that goes by distances of
 * ids, and a block reaches everybody in about as many hops as the logarithm of their number says.
 */
import type { Account } from '../ledger/account.ts';

/** Members up to which everyone is named to everyone: as many as the signaling server admits by default. */
export const FULLY_NAMED_LIMIT = 256;
/** Names in larger rooms. As many again choose this member, so that it has a dozen links. */
const LARGE_ROOM_NAMES = 6;
/** Of an id's 160 bits so many say where on the ring it lies; more than a number's 53 they need not be. */
const PLACE_DIGITS = 12;
const PLACES = 16 ** PLACE_DIGITS;

export class Ring {
  readonly #ids: readonly Account[];
  readonly #places: Float64Array;

  /** @param ids in ascending order */
  constructor(ids: readonly Account[]) {
    this.#ids = ids;
    const isLarge = ids.length > FULLY_NAMED_LIMIT;
    this.#places = Float64Array.from(isLarge ? ids : [], placeOf);
  }

  /** The names for one of the members, without its own. */
  namesFor(self: Account): Account[] {
    if (this.#ids.length <= FULLY_NAMED_LIMIT) return this.#ids.filter((id) => id !== self);
    const names = new Set<Account>();
    // The next one: the circle is closed whatever else happens.
    const place = placeOf(self);
    names.add(this.#atOrAfter(place + 1));
    for (let share = 2; names.size < LARGE_ROOM_NAMES && share < PLACES; share *= 4)
      names.add(this.#atOrAfter((place + PLACES / share) % PLACES));
    names.delete(self);
    return [...names];
  }

  #atOrAfter(place: number): Account {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#places[middle]! < place) low = middle + 1;
      else high = middle;
    }
    return this.#ids[low === this.#places.length ? 0 : low]!;
  }
}

function placeOf(id: Account): number {
  return parseInt(id.slice(0, PLACE_DIGITS), 16);
}
