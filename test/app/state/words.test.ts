import { describe, expect, it } from 'vitest';
import { countOf, describeLinks } from '../../../app/state/words.ts';
import { PEER } from './snapshot-example.ts';

describe('words', () => {
  it('count in singular and plural', () => {
    expect(countOf(1, 'peer')).toBe('1 peer');
    expect(countOf(0, 'peer')).toBe('0 peers');
  });

  it('sum the links up by their kind', () => {
    expect(describeLinks([])).toBe('no links');
    expect(describeLinks([PEER, { ...PEER, kind: 'relay' }, PEER])).toBe('2 direct, 1 via server');
  });
});
