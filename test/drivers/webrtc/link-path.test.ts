import { describe, expect, it } from 'vitest';
import { isThroughTurn } from '../../../lib/drivers/webrtc/link-path.ts';

const candidate = (id: string, candidateType: string) => ({
  id,
  type: `${id}-candidate`,
  candidateType,
});
const pair = (id: string, local: string, remote: string, more: object = {}) => ({
  id,
  type: 'candidate-pair',
  localCandidateId: local,
  remoteCandidateId: remote,
  ...more,
});
const ENDS = [candidate('near', 'host'), candidate('far', 'srflx'), candidate('turn', 'relay')];

describe('the path of a direct link', () => {
  it.each([
    ['from device to device', 'near', 'far', false],
    ['through our TURN server', 'turn', 'far', true],
    ['through theirs', 'near', 'turn', true],
  ])('is known %s, from the pair that Chromium has selected', (_path, local, remote, isTurned) => {
    const transport = { id: 't', type: 'transport', selectedCandidatePairId: 'used' };
    const others = pair('other', 'turn', 'turn', { nominated: true, state: 'succeeded' });
    const reports = [...ENDS, others, pair('used', local, remote), transport];
    expect(isThroughTurn(reports)).toBe(isTurned);
  });

  it('is known from the nominated pair where no transport is told of', () => {
    const used = { nominated: true, state: 'succeeded' };
    const failed = pair('failed', 'near', 'far', { nominated: true, state: 'failed' });
    expect(isThroughTurn([...ENDS, failed, pair('used', 'turn', 'far', used)])).toBe(true);
    expect(isThroughTurn([...ENDS, pair('used', 'near', 'far', used)])).toBe(false);
  });

  it('counts as direct where nothing is told', () => {
    expect(isThroughTurn([])).toBe(false);
    expect(isThroughTurn([{ type: 'transport', selectedCandidatePairId: 'gone' }, {}])).toBe(false);
  });
});
