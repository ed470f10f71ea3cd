import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  INVITATION_LIFE_MS,
  readAnswer,
  readInvitation,
  writeAnswer,
  writeInvitation,
  type HandText,
} from '../../../lib/drivers/webrtc/invitation.ts';
import { handDescriptions } from '../../support/hand-descriptions.ts';
import { keysOf } from '../../support/peers.ts';

const [alice, bob, eve] = [keysOf(1), keysOf(2), keysOf(3)];
const NOW_MS = 1_800_000_000_000;
const LINK = 'http://192.168.1.5:8080/#r=red&g=new&';
const handTexts = fc.record({
  room: fc.constant('red'),
  dial: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => n.toString(16).padStart(16, '0')),
  description: handDescriptions,
});
const [SAMPLE] = fc.sample(handTexts, { numRuns: 1, seed: 7 }) as [HandText];
const INVITATION = writeInvitation(SAMPLE, alice, NOW_MS);
const ANSWER = writeAnswer(SAMPLE, alice.account, bob, NOW_MS);

describe('an invitation and its answer', () => {
  it('are read by whom they are for, as they were written', () => {
    fc.assert(
      fc.property(handTexts, (text) => {
        const invitation = LINK + writeInvitation(text, alice, NOW_MS);
        expect(readInvitation(invitation, 'red', NOW_MS)).toEqual({
          ok: true,
          value: { ...text, from: alice.account },
        });
        const answer = writeAnswer(text, alice.account, bob, NOW_MS);
        expect(readAnswer(answer, 'red', alice.account, NOW_MS)).toEqual({
          ok: true,
          value: { ...text, from: bob.account },
        });
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['with words around them', `Here you are: ${INVITATION} See you!`],
    ['with lines broken', INVITATION.replace(/.{40}/g, '$&\r\n  ')],
    ['with signs written in percent', INVITATION.replace(/[+/,:~]/g, encodeURIComponent)],
    ['at the end of a link', `${LINK}${INVITATION}`],
  ])('are read %s', (_how, pasted) => {
    expect(readInvitation(pasted, 'red', NOW_MS)).toMatchObject({ ok: true });
  });

  it('are refused when any sign of them is another', () => {
    fc.assert(
      fc.property(
        fc.nat(ANSWER.length - 1),
        fc.constantFrom('A', 'b', '7', '~', ','),
        (at, sign) => {
          const changed = ANSWER.slice(0, at) + sign + ANSWER.slice(at + 1);
          const read = readAnswer(changed, 'red', alice.account, NOW_MS);
          if (changed !== ANSWER) expect(read.ok).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are refused when a part is missing', () => {
    for (let length = 0; length < INVITATION.length; length += 7)
      expect(readInvitation(INVITATION.slice(0, length), 'red', NOW_MS).ok).toBe(false);
  });

  it('hold for ten minutes, by clocks that differ', () => {
    for (const offMs of [-INVITATION_LIFE_MS, INVITATION_LIFE_MS])
      expect(readInvitation(INVITATION, 'red', NOW_MS + offMs).ok).toBe(true);
    for (const offMs of [-INVITATION_LIFE_MS - 1, INVITATION_LIFE_MS + 1])
      expect(readInvitation(INVITATION, 'red', NOW_MS + offMs)).toEqual({
        ok: false,
        code: 'invitation-expired',
      });
  });

  it('are refused in another room, and an answer by another inviter', () => {
    const refused = { ok: false, code: 'not-for-us' };
    expect(readInvitation(INVITATION, 'blue', NOW_MS)).toEqual(refused);
    expect(readAnswer(ANSWER, 'blue', alice.account, NOW_MS)).toEqual(refused);
    expect(readAnswer(ANSWER, 'red', eve.account, NOW_MS)).toEqual(refused);
  });

  it('are not mistaken for each other', () => {
    expect(readAnswer(INVITATION, 'red', alice.account, NOW_MS)).toMatchObject({
      code: 'no-answer',
    });
    expect(readInvitation(ANSWER, 'red', NOW_MS)).toMatchObject({ code: 'no-invitation' });
    const dressed = ANSWER.replace('answer=', 'invite=');
    expect(readInvitation(dressed, 'red', NOW_MS)).toMatchObject({ code: 'not-for-us' });
  });

  it('are not looked for in a text of any length', () => {
    expect(readInvitation(`${INVITATION}${' '.repeat(10_000)}`, 'red', NOW_MS)).toMatchObject({
      code: 'no-invitation',
    });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (noise) => {
        expect(readInvitation(`invite=${noise}`, 'red', NOW_MS).ok).toBe(false);
      }),
    );
  });
});
