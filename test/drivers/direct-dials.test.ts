import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DirectDials } from '../../lib/drivers/direct-dials.ts';

const NODES = ['a', 'b', 'c', 'd'];

describe('dials that begin directly', () => {
  it('are those of nodes to be kept, and none after a try in vain until a direct link has opened', () => {
    const dials = new DirectDials();
    expect(dials.begin('a')).toBe(false);
    dials.prefer(new Set(['a', 'b']));
    expect([dials.begin('a'), dials.begin('b'), dials.begin('c')]).toEqual([true, true, false]);
    expect(dials.failed()).toEqual(['a', 'b']);
    expect(dials.begin('a')).toBe(false);
    dials.linked('c', 'relay');
    expect(dials.begin('a')).toBe(false);
    dials.linked('c', 'direct');
    expect(dials.begin('a')).toBe(true);
  });

  it('each end once: by a link, or by going by the relay', () => {
    const anyAct = fc.record({
      kind: fc.constantFrom('begin', 'failed', 'linkless', 'direct', 'relay'),
      nodeId: fc.constantFrom(...NODES),
    });
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 40 }), (acts) => {
        const dials = new DirectDials();
        dials.prefer(new Set(NODES));
        const underWay = new Set<string>();
        for (const { kind, nodeId } of acts) {
          if (kind === 'begin') {
            if (!underWay.has(nodeId) && dials.begin(nodeId)) underWay.add(nodeId);
          } else if (kind === 'failed' || kind === 'linkless') {
            const over = kind === 'failed' ? dials.failed() : dials.giveUp();
            expect(new Set(over)).toEqual(underWay);
            expect(over).toHaveLength(underWay.size);
            underWay.clear();
            expect(dials.giveUp()).toEqual([]);
          } else {
            dials.linked(nodeId, kind);
            underWay.delete(nodeId);
          }
        }
      }),
    );
  });
});
