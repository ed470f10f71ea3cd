import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginHistory,
  checkNetwork,
  COMPANY_WAIT_MS,
  continueHistory,
  DIRECT_WAIT_MS,
  isLongAlone,
  type LinkHistory,
} from '../../../app/state/network-check.ts';

type Kind = 'webrtc' | 'turn' | 'relay';
const links = (...kinds: Kind[]) => kinds.map((kind) => ({ kind }));

/** The history after these links at these times, and the verdict at the last. */
function follow(...moments: [ms: number, ...kinds: Kind[]][]) {
  let history: LinkHistory = beginHistory(0);
  for (const [ms, ...kinds] of moments) history = continueHistory(history, links(...kinds), ms);
  const [ms, ...kinds] = moments.at(-1)!;
  return checkNetwork(history, links(...kinds), ms);
}

describe('the network check', () => {
  it('is direct with direct links alone, and mixed with both kinds', () => {
    expect(follow([0, 'relay'], [1, 'webrtc', 'webrtc']).verdict).toBe('direct');
    const mixed = follow([0, 'webrtc', 'relay', 'relay']);
    expect(mixed.what).toBe('Mixed: 1 link is direct, 2 through the server.');
  });

  it('tells a TURN server from direct links and from the room’s server', () => {
    expect(follow([0, 'turn', 'turn'])).toMatchObject({ verdict: 'turn' });
    expect(follow([0, 'webrtc', 'turn'])).toMatchObject({
      verdict: 'mixed',
      what: 'Mixed: 1 link is direct, 1 through a TURN server.',
      advice: '',
    });
    expect(follow([0, 'turn', 'relay']).what).toBe(
      'Mixed: 1 through a TURN server, 1 through the server.',
    );
  });

  it('waits before it says that no direct link opens, and says then what helps', () => {
    expect(follow([0, 'relay'], [DIRECT_WAIT_MS - 1, 'relay']).verdict).toBe('trying');
    const late = follow([0, 'relay'], [DIRECT_WAIT_MS, 'relay', 'relay']);
    expect(late).toMatchObject({
      verdict: 'relay-only',
      advice: expect.stringContaining('hotspot'),
    });
  });

  it('does not blame the network where a direct link was once open', () => {
    const again = follow([0, 'webrtc'], [1, 'relay'], [1 + DIRECT_WAIT_MS, 'relay']);
    expect(again.verdict).toBe('through-server');
  });

  it('begins to wait anew with the first link after a time alone', () => {
    const end = 5 * DIRECT_WAIT_MS;
    expect(follow([0, 'relay'], [1], [end, 'relay']).verdict).toBe('trying');
    expect(follow([0, 'relay'], [end]).verdict).toBe('alone');
  });

  it('says that nobody comes after a minute alone, and never again once somebody came', () => {
    const fresh = beginHistory(5);
    expect(isLongAlone(fresh, 4 + COMPANY_WAIT_MS)).toBe(false);
    expect(isLongAlone(fresh, 5 + COMPANY_WAIT_MS)).toBe(true);
    const visited = continueHistory(fresh, links('relay'), 6);
    expect(isLongAlone(continueHistory(visited, [], 7), 10 * COMPANY_WAIT_MS)).toBe(false);
  });

  it('calls only links direct that are, whatever happened before', () => {
    const kinds = fc.array(fc.constantFrom<Kind>('webrtc', 'relay'), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(kinds, { minLength: 1 }), (moments) => {
        const { verdict } = follow(
          ...moments.map((kinds, i): [number, ...Kind[]] => [i * 7_000, ...kinds]),
        );
        const now = moments.at(-1)!;
        expect(verdict === 'direct').toBe(now.length > 0 && !now.includes('relay'));
        expect(verdict === 'alone').toBe(now.length === 0);
        if (verdict === 'relay-only') expect(moments.flat()).not.toContain('webrtc');
      }),
    );
  });

  it('makes no new object while nothing changes, so that the page is not drawn anew', () => {
    const history = continueHistory(beginHistory(0), links('relay'), 1);
    expect(continueHistory(history, links('relay', 'relay'), 2)).toBe(history);
  });
});
