/**
 * Which dials of a peer begin with a direct link, and not with one over the relay (R26): those of a peer that has a link
 * already, to nodes that it wants to keep, as long as direct links are known to work, or not known to fail.
 */

export class DirectDials {
  #preferred: ReadonlySet<string> = new Set();
  readonly #underWay = new Set<string>();
  /** Whether no direct link stands, and the last try was in vain. */
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

  /**
   * No direct link came of a try to this node.
   *
   * @param works whether others stand
   * @returns the nodes of such dials that go by the relay now: this one, or all where direct links do not seem to work
   */
  failed(nodeId: string, works: boolean): string[] {
    this.#isInDoubt = !works;
    const over = [...this.#underWay].filter((other) => this.#isInDoubt || other === nodeId);
    for (const other of over) this.#underWay.delete(other);
    return over;
  }
}
