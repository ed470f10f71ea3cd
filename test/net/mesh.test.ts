import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GHOST_FAILURES,
  GUEST_MS,
  GUESTS_LIMIT,
  HEARD_DIALS_LIMIT,
  HEARD_LIMIT,
  Mesh,
  ONE_SIDED_GRACE_MS,
  PRESENT_LIMIT,
  REDIAL_MS,
  SHUN_MS,
  STEADY_LINK_MS,
  TURNED_AWAY_MS,
  WAITLESS_OTHERS,
} from '../../lib/net/mesh.ts';
import { Arrivals, LONGEST_WAIT_MS, QUIET_MS } from '../../lib/net/arrivals.ts';
import { chooseNeighbours, LINK_LIMITS } from '../../lib/net/neighbour-choice.ts';
import { seededRandom } from '../support/random.ts';

const ids = (count: number, seed = 1): string[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: 40 }, () => Math.floor(random() * 16).toString(16)).join(''),
  );
};
const idOf = (digit: string) => digit.repeat(40);
const LOW = idOf('1');
const SELF = idOf('5');
const HIGH = idOf('9');

describe('dialling', () => {
  it('never dials ourselves, a linked peer, or one that is being dialled, in any order of events', () => {
    const present = ids(20);
    const anyId = fc.constantFrom(...present, SELF);
    const event = fc.oneof(
      fc.record({ kind: fc.constantFrom('linked', 'unlinked', 'failed', 'shun'), id: anyId }),
      fc.record({ kind: fc.constant('present'), ids: fc.subarray([...present, SELF]) }),
      fc.record({ kind: fc.constant('wait'), ms: fc.nat(20_000) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const mesh = new Mesh(SELF);
        const linked = new Set<string>();
        const dialling = new Set<string>();
        let nowMs = 0;
        mesh.setPresent(present, 0);
        for (const step of events) {
          if ('ms' in step) nowMs += step.ms;
          else if ('ids' in step) mesh.setPresent(step.ids, nowMs);
          else if (step.kind === 'linked') {
            dialling.delete(step.id);
            if (mesh.linked(step.id, nowMs)) linked.add(step.id);
          } else if (step.kind === 'unlinked') {
            mesh.unlinked(step.id, nowMs);
            linked.delete(step.id);
          } else if (step.kind === 'failed') {
            mesh.dialFailed(step.id, nowMs);
            dialling.delete(step.id);
          } else mesh.shun(step.id, nowMs);
          for (const id of mesh.chooseDials(nowMs)) {
            expect([id, linked.has(id), dialling.has(id)]).toEqual([id, false, false]);
            expect(mesh.present).toContain(id);
            expect(id).not.toBe(SELF);
            dialling.add(id);
          }
          expect(mesh.linkCount).toBe(linked.size);
        }
      }),
    );
  });

  it('is done by the higher id, at once; the lower one steps in after a grace', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW, HIGH], 0);
    expect(mesh.chooseDials(0)).toEqual([LOW]);
    expect(mesh.chooseDials(ONE_SIDED_GRACE_MS - 1)).toEqual([]);
    expect(mesh.chooseDials(ONE_SIDED_GRACE_MS)).toEqual([HIGH]);
  });

  it('does not begin anew when the list of those present comes again', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW, HIGH], 0);
    mesh.chooseDials(0);
    mesh.setPresent([HIGH, LOW], 1_000);
    expect(mesh.chooseDials(ONE_SIDED_GRACE_MS)).toEqual([HIGH]);
  });

  it('backs off after each failure, twice as long each time, up to a minute', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW], 0);
    let nowMs = 0;
    let pauseMs: number = REDIAL_MS.first;
    for (let failure = 0; failure < 20; failure++) {
      expect(mesh.chooseDials(nowMs)).toEqual([LOW]);
      mesh.dialFailed(LOW, nowMs);
      expect(mesh.chooseDials(nowMs + pauseMs - 1)).toEqual([]);
      nowMs += pauseMs;
      pauseMs = Math.min(2 * pauseMs, REDIAL_MS.most);
    }
    expect(pauseMs).toBe(REDIAL_MS.most);
  });

  it('is quick again once a link has stood', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW], 0);
    for (let failure = 0; failure < 8; failure++) mesh.dialFailed(LOW, 0);
    expect(mesh.linked(LOW, 0)).toBe(true);
    mesh.unlinked(LOW, STEADY_LINK_MS);
    expect(mesh.chooseDials(STEADY_LINK_MS)).toEqual([]);
    expect(mesh.chooseDials(STEADY_LINK_MS + REDIAL_MS.first)).toEqual([LOW]);
  });

  it('grows rarer where each link is closed at once, as by one that has no place for us', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW], 0);
    let dials = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 200)
      for (const id of mesh.chooseDials(nowMs)) {
        dials++;
        mesh.linked(id, nowMs);
        mesh.unlinked(id, nowMs + 100);
      }
    expect(dials).toBeLessThanOrEqual(6);
  });

  it('turns to others where one is out of reach, which is dialled on all the same', () => {
    const mesh = new Mesh(HIGH);
    const present = ids(40);
    mesh.setPresent(present, 0);
    const before = mesh.chooseDials(QUIET_MS).filter((id) => id < HIGH);
    const lost = before[0]!;
    for (let i = 0; i < GHOST_FAILURES; i++) mesh.dialFailed(lost, 0);
    const instead = chooseNeighbours(
      HIGH,
      present.filter((id) => id !== lost),
    );
    for (const id of before.slice(1)) mesh.linked(id, 0);
    const dials = mesh.chooseDials(600_000);
    expect(dials).toContain(lost);
    expect(dials).toEqual(expect.arrayContaining(instead.filter((id) => !before.includes(id))));
  });

  it('also goes to nodes that only neighbours have told of, a few at a time', () => {
    const mesh = new Mesh(HIGH);
    mesh.setHeard([...ids(10), HIGH], 0);
    const first = mesh.chooseDials(ONE_SIDED_GRACE_MS);
    expect(first).toHaveLength(HEARD_DIALS_LIMIT);
    expect(mesh.chooseDials(ONE_SIDED_GRACE_MS)).toEqual([]);
    mesh.linked(first[0]!, ONE_SIDED_GRACE_MS);
    expect(mesh.chooseDials(ONE_SIDED_GRACE_MS)).toHaveLength(1);
    mesh.setHeard(ids(2 * HEARD_LIMIT), 0);
    mesh.setHeard([], 0);
    expect(mesh.chooseDials(60_000)).toEqual([]);
  });

  it('forgets who has left', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW], 0);
    mesh.setPresent([], 0);
    expect(mesh.chooseDials(60_000)).toEqual([]);
    expect(mesh.present).toEqual([]);
  });

  it('counts nobody twice, ourselves not at all, and no more than the room may hold', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW, LOW, SELF], 0);
    expect(mesh.present).toEqual([LOW]);
    mesh.setPresent(ids(PRESENT_LIMIT + 5), 0);
    expect(mesh.present).toHaveLength(PRESENT_LIMIT);
  });
});

describe('while others come', () => {
  const anyArrivals = fc.array(fc.nat(2 * QUIET_MS), { minLength: 20, maxLength: 40 });

  /** Others that come one by one, so long after each other; looked at as often as peers look. */
  function watch(
    gapsMs: readonly number[],
    look: (mesh: Mesh, nowMs: number, cameMs: readonly number[]) => void,
  ): void {
    const others = ids(gapsMs.length);
    const mesh = new Mesh(SELF);
    const cameMs: number[] = [];
    let nowMs = 0;
    for (const [index, gapMs] of gapsMs.entries()) {
      for (const untilMs = nowMs + gapMs; nowMs < untilMs; nowMs += Math.min(100, untilMs - nowMs))
        look(mesh, nowMs, cameMs);
      cameMs.push(nowMs);
      mesh.setPresent(others.slice(0, index + 1), nowMs);
      look(mesh, nowMs, cameMs);
    }
    for (const untilMs = nowMs + LONGEST_WAIT_MS; nowMs <= untilMs; nowMs += 100)
      look(mesh, nowMs, cameMs);
  }

  it('a peer that has a link waits with others, and no longer than they come', () => {
    fc.assert(
      fc.property(anyArrivals, (gapsMs) => {
        const arrivals = new Arrivals();
        let come = 0;
        let dialled = 0;
        watch(gapsMs, (mesh, nowMs, cameMs) => {
          if (cameMs.length > come) arrivals.came(nowMs);
          come = cameMs.length;
          const isFirst = mesh.linkCount === 0;
          const dials = mesh.chooseDials(nowMs);
          for (const id of dials) mesh.linked(id, nowMs);
          dialled += dials.length;
          if (come > WAITLESS_OTHERS && arrivals.areUnderWay(nowMs))
            expect(dials.length).toBeLessThanOrEqual(isFirst ? 1 : 0);
        });
        const lower = chooseNeighbours(SELF, ids(gapsMs.length)).filter((id) => id < SELF);
        expect(dialled).toBeGreaterThanOrEqual(lower.length);
      }),
    );
  });

  it('a peer without a link dials one at once, whoever’s turn it would be, and all in a small room', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (size, seed) => {
        const [self, ...others] = ids(size + 1, seed);
        const mesh = new Mesh(self!);
        mesh.setPresent(others, 0);
        const dials = mesh.chooseDials(0);
        if (size > WAITLESS_OTHERS) expect(dials).toHaveLength(1);
        else expect(dials.sort()).toEqual(others.filter((id) => id < self!).sort());
        expect(mesh.newlyWanted(0)).toEqual(size > WAITLESS_OTHERS ? null : new Set(others));
      }),
    );
  });

  it('in whatever order they come, the choice is the same once they have come', () => {
    fc.assert(
      fc.property(anyArrivals, (gapsMs) => {
        let told: ReadonlySet<string> = new Set();
        watch(gapsMs, (mesh, nowMs) => {
          told = mesh.newlyWanted(nowMs) ?? told;
        });
        expect(told).toEqual(new Set(chooseNeighbours(SELF, ids(gapsMs.length))));
      }),
    );
  });

  it('nothing is wanted anew where the choice stays as it is', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW, HIGH], 0);
    expect(mesh.newlyWanted(0)).toEqual(new Set([LOW, HIGH]));
    mesh.setPresent([HIGH, LOW], 1);
    expect(mesh.newlyWanted(1)).toBeNull();
    mesh.hurry(2);
    expect(mesh.newlyWanted(2)).toBeNull();
  });
});

describe('a peer that misbehaved', () => {
  it('is neither dialled nor let in for a minute', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW], 0);
    mesh.shun(LOW, 0);
    expect(mesh.chooseDials(SHUN_MS - 1)).toEqual([]);
    expect(mesh.linked(LOW, SHUN_MS - 1)).toBe(false);
    expect(mesh.linked(LOW, SHUN_MS)).toBe(true);
  });

  it('is remembered among a thousand at most, and room is made as their time runs out', () => {
    const mesh = new Mesh(SELF);
    for (const id of ids(PRESENT_LIMIT)) mesh.shun(id, 0);
    mesh.shun(LOW, 1);
    expect(mesh.linked(LOW, 2)).toBe(true);
    mesh.shun(HIGH, SHUN_MS);
    expect(mesh.linked(HIGH, SHUN_MS + 1)).toBe(false);
  });
});

describe('a mesh that is full', () => {
  const LIMIT = LINK_LIMITS.usual;

  /** Twelve links to nodes of a large room that nobody asked for. */
  const fill = (mesh: Mesh, nodeIds: readonly string[]) => {
    for (const id of nodeIds) expect(mesh.linked(id, 0)).toBe(true);
  };
  const present = ids(60);
  const wanted = chooseNeighbours(SELF, present);
  const others = present.filter((id) => !wanted.includes(id));

  it('turns newcomers away, but not those that it has', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent(present, 0);
    fill(mesh, others.slice(0, LIMIT));
    expect(mesh.linked(others[LIMIT]!, 0)).toBe(false);
    expect(mesh.linked(others[0]!, 0)).toBe(true);
    mesh.unlinked(others[0]!, 0);
    expect(mesh.linked(others[LIMIT]!, 0)).toBe(true);
    expect(mesh.linkCount).toBe(LIMIT);
  });

  it('gives up its slowest link for one that it wants, and none for any other', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent(present, 0);
    fill(mesh, others.slice(0, LIMIT));
    const delays = new Map(others.slice(0, LIMIT).map((id, index) => [id, index === 5 ? 90 : 9]));
    const delayOf = (id: string) => delays.get(id) ?? null;
    expect(mesh.chooseCloses(delayOf, 0)).toEqual([]);
    expect(mesh.linked(wanted[0]!, 0)).toBe(true);
    expect(mesh.chooseCloses(delayOf, 0)).toEqual([others[5]]);
    mesh.unlinked(others[5]!, 0);
    expect(mesh.chooseCloses(delayOf, 0)).toEqual([]);
  });

  it('keeps a guest beyond its links for a minute, and as few guests as that', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent(present, 0);
    const guests = others.slice(0, GUESTS_LIMIT + 1);
    fill(mesh, [...wanted, ...others.slice(-LIMIT)].slice(0, LIMIT));
    for (const id of guests) mesh.welcome(id, 0);
    expect(guests.map((id) => mesh.linked(id, 0))).toEqual([true, true, false]);
    const delayOf = (id: string) => (guests.includes(id) ? 1_000 : 1);
    expect(mesh.chooseCloses(delayOf, GUEST_MS - 1)).not.toContain(guests[0]);
    expect(mesh.chooseCloses(delayOf, GUEST_MS - 1)).not.toContain(guests[1]);
    expect(mesh.chooseCloses(delayOf, GUEST_MS)).toEqual(guests.slice(0, GUESTS_LIMIT));
  });

  it('keeps links that are no longer the best ones as long as there is room', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent(others.slice(0, 3), 0);
    fill(mesh, others.slice(0, 3));
    mesh.setPresent(present, 0);
    expect(mesh.chooseCloses(() => 1_000, 0)).toEqual([]);
  });

  it('has six links on a small device', () => {
    const mesh = new Mesh(HIGH, LINK_LIMITS.small);
    mesh.setPresent(present, 0);
    const dials = mesh.chooseDials(ONE_SIDED_GRACE_MS);
    expect(dials.length).toBeLessThanOrEqual(LINK_LIMITS.small);
    const taken = present.filter(
      (id) => mesh.linked(id, 0) && mesh.chooseCloses(() => 1, 0).length === 0,
    );
    expect(taken.length).toBeGreaterThanOrEqual(LINK_LIMITS.small);
  });

  it('leaves one alone that had no place for us as long as enough others are linked', () => {
    const mesh = new Mesh(idOf('f'));
    mesh.setPresent(present, 0);
    const [away, ...rest] = mesh.chooseDials(QUIET_MS);
    mesh.linked(away!, 0);
    mesh.unlinked(away!, 0);
    mesh.turnedAway(away!, 0);
    const nextMs = REDIAL_MS.most;
    expect(mesh.chooseDials(nextMs)).toContain(away);
    mesh.dialFailed(away!, nextMs);
    for (const id of rest) mesh.linked(id, nextMs);
    expect(mesh.chooseDials(2 * nextMs)).not.toContain(away);
    expect(mesh.chooseDials(TURNED_AWAY_MS + nextMs)).toContain(away);
  });

  it('dials one that turned it away at once after a sleep', () => {
    const mesh = new Mesh(idOf('f'));
    mesh.setPresent(present, 0);
    const [away, ...rest] = mesh.chooseDials(QUIET_MS);
    mesh.turnedAway(away!, 0);
    for (const id of rest) mesh.linked(id, 0);
    mesh.dialFailed(away!, 0);
    mesh.hurry(1);
    expect(mesh.chooseDials(1)).toContain(away);
  });

  it('does not dial one again and again only to turn it away', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([...others, LOW], 0);
    fill(mesh, chooseNeighbours(SELF, [...others, LOW]));
    for (const id of others) mesh.linked(id, 0);
    expect(mesh.linkCount).toBe(LIMIT);
    let dials = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 200) dials += mesh.chooseDials(nowMs).length;
    expect(dials).toBe(0);
  });

  it('dials everyone at once after a pause of the machine, whoever’s turn it would be', () => {
    const mesh = new Mesh(SELF);
    mesh.setPresent([LOW, HIGH], 0);
    expect(mesh.chooseDials(0)).toEqual([LOW]);
    mesh.dialFailed(LOW, 10);
    expect(mesh.chooseDials(20)).toEqual([]);
    mesh.hurry(30);
    expect(mesh.chooseDials(30).sort()).toEqual([LOW, HIGH]);
  });
});
