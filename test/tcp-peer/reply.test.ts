import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyReader } from '../../lib/tcp-peer/reply.ts';

const anyReply = fc.oneof(
  fc.constantFrom('Accepted', 'Rejected', 'Reward', 'No reward', 'no Reward', 'ACCEPTED'),
  fc.array(fc.jsonValue(), { maxLength: 4 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    `[{'a': None, 'b': 'it\\'s ]'}]`,
    `[{'a': "it's ]}"}]`,
    `"[{'index': 1}]"`,
    '[]',
    `{'chain': [1, 2]}`,
  ),
);

describe('a reply', () => {
  it('ends where its JSON or its word ends, however it is cut', () => {
    fc.assert(
      fc.property(anyReply, fc.array(fc.nat(), { maxLength: 5 }), (reply, cuts) => {
        const places = [0, ...cuts.map((cut) => cut % reply.length), reply.length];
        places.sort((left, right) => left - right);
        const reader = new ReplyReader();
        const states = places
          .slice(1)
          .map((end, place) => reader.push(reply.slice(places[place], end)));
        expect(states.at(-1)).toEqual({ kind: 'complete', text: reply });
        expect(states.slice(0, -1).every(({ kind }) => kind === 'partial')).toBe(true);
      }),
    );
  });

  it('is complete with white space around, and without what comes behind', () => {
    expect(new ReplyReader().push('\n [1]\n[2]')).toEqual({ kind: 'complete', text: '[1]' });
    expect(new ReplyReader().push(' Accepted\r\n')).toEqual({ kind: 'complete', text: 'Accepted' });
  });

  it('of unknown words is ended by silence, JSON never', () => {
    const words = new ReplyReader();
    expect(words.push('Transaction was accept')).toEqual({ kind: 'partial' });
    expect(words.push('ed!')).toEqual({ kind: 'partial' });
    expect(words.endBySilence()).toBe('Transaction was accepted!');
    const half = new ReplyReader();
    half.push('[{"index": 1');
    expect(half.endBySilence()).toBeNull();
    expect(new ReplyReader().endBySilence()).toBeNull();
  });

  it('that goes on without end is given up', () => {
    expect(new ReplyReader().push('x'.repeat(300))).toEqual({ kind: 'too-long' });
    const reader = new ReplyReader();
    const piece = ' '.repeat(1024 * 1024);
    let state = reader.push('[');
    for (let count = 0; count < 64; count++) state = reader.push(piece);
    expect(state).toEqual({ kind: 'too-long' });
  });
});
