import { describe, expect, it } from 'vitest';
import { readEntryText, resolveRoomCode } from '../../../app/join/room-code.ts';

const page = 'http://192.168.1.5:8000/';
const fragment = `r=aula-7&g=${'ab'.repeat(32)}`;

function answer(body: string, status = 200): typeof fetch {
  return () => Promise.resolve(new Response(body, { status }));
}

describe('what a person types to join', () => {
  it('may be a code, however it is spelt', () => {
    expect(readEntryText('  Aula 7 ', page)).toEqual({ kind: 'code', code: 'aula-7' });
  });

  it('may be the whole link, or its end', () => {
    for (const text of [`${page}#${fragment}`, `#${fragment}`, fragment])
      expect(readEntryText(text, page)).toMatchObject({ kind: 'link', fragment });
  });

  it('may be a link of another server, which this page cannot join', () => {
    expect(readEntryText(`https://example.org/#${fragment}`, page)).toEqual({
      kind: 'elsewhere',
      origin: 'https://example.org',
    });
  });

  it('is refused with a reason otherwise', () => {
    for (const text of ['', '   ', 'no/slashes', 'x'.repeat(40), '#r=aula-7', `${page}#`])
      expect(readEntryText(text, page).kind).toBe('unreadable');
  });
});

describe('a room code', () => {
  it('becomes the policy of its room', async () => {
    const asked: string[] = [];
    const result = await resolveRoomCode('aula-7', (url) => {
      asked.push(String(url));
      return Promise.resolve(new Response(JSON.stringify({ fragment })));
    });
    expect(result).toMatchObject({ ok: true, fragment, policy: { room: 'aula-7' } });
    expect(asked).toEqual(['rooms/aula-7']);
  });

  it.each<[string, typeof fetch, RegExp]>([
    ['is unknown', answer('{}', 404), /no room “aula-7”/],
    ['meets a broken server', answer('', 500), /status 500/],
    ['meets no server', () => Promise.reject(new TypeError('failed')), /does not answer/],
    ['gets no JSON', answer('<html>'), /no room link/],
    ['gets another shape', answer('{"fragment": 5}'), /no room link/],
    ['gets null', answer('null'), /no room link/],
    ['gets an unreadable link', answer('{"fragment": "r=aula-7"}'), /no room link/],
    [
      'gets the link of another room',
      answer(JSON.stringify({ fragment: fragment.replace('aula-7', 'other') })),
      /no room link/,
    ],
  ])('that %s says so', async (_case, ask, reason) => {
    const result = await resolveRoomCode('aula-7', ask);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.reason).toMatch(reason);
  });
});
