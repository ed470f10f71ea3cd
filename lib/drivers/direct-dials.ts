/**
 * Which dials of a peer begin with a direct link, and not with one over the relay (R26): those of a peer that has a link
 * already, to nodes that it wants to keep, as long as the last try has not been in vain. Where some nodes of a network
 * reach each other and others do not, one try in vain costs time, and not one for each node.
 */

export class DirectDials {
  #preferred: ReadonlySet<string> = new Set();
  readonly #underWay = new Set<string>();
  /** Whether the last try was in vain. */
  #isInDoubt = false;

  /** Links to these are there to stay. */
  prefer(nodeIds: ReadonlySet<string>): void {
    this.#preferred = nodeIds;
  }

  /** A dial begins. Answers whether it does so directly. */
  begin(nodeId: string): boolean {
    if (this.#isInDoubt || !this.#preferred.has(nodeId)) return false;
    this.#underWay.add(nodeId);
    return true;
  }

  /** There is a link to this node. */
  linked(nodeId: string, kind: 'direct' | 'relay'): void {
    this.#underWay.delete(nodeId);
    if (kind === 'direct') this.#isInDoubt = false;
  }

  /** No direct link came of a try. Answers the nodes of all dials that began directly: they go by the relay now. */
  failed(): string[] {
    this.#isInDoubt = true;
    return this.giveUp();
  }

  /** There is no link any more, and so none of these dials can wait: they go by the relay now. */
  giveUp(): string[] {
    const over = [...this.#underWay];
    this.#underWay.clear();
    return over;
  }
}
