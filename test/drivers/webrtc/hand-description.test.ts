import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  condenseSdp,
  expandSdp,
  HAND_CANDIDATES_LIMIT,
  HAND_DESCRIPTION_LIMIT_CHARS,
  readHandDescription,
  writeHandDescription,
  type HandDescription,
} from '../../../lib/drivers/webrtc/hand-description.ts';
import { handDescriptions } from '../../support/hand-descriptions.ts';

const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');
/** As Chromium writes it, with a candidate over TCP and one of a second component. */
const SDP = [
  'v=0',
  'o=- 3458701144720256475 2 IN IP4 127.0.0.1',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=candidate:2 1 udp 1677729535 203.0.113.7 40000 typ srflx raddr 0.0.0.0 rport 0 generation 0',
  'a=candidate:1 1 udp 2113937151 3eb26140-a0ee-4ae8-a967-a28d3c3fe7a4.local 33050 typ host generation 0',
  'a=candidate:3 1 tcp 1518214911 192.168.1.5 9 typ host tcptype active',
  'a=candidate:4 2 udp 2113937150 192.168.1.5 33051 typ host',
  'a=ice-ufrag:G6X4',
  'a=ice-pwd:U/MXQ6IALEsywvI2v9UMAUG/',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
  '',
].join('\r\n');

describe('a description that is carried by hand', () => {
  it('comes back as it was written, in a bounded text that a link holds as it is', () => {
    fc.assert(
      fc.property(handDescriptions, (description) => {
        const text = writeHandDescription(description);
        expect(text.length).toBeLessThanOrEqual(HAND_DESCRIPTION_LIMIT_CHARS);
        expect(text).toMatch(/^[\w+/,.:~-]+$/);
        expect(readHandDescription(text)).toEqual(description);
      }),
    );
  });

  it('says the same in the SDP that is made of it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('offer' as const, 'answer' as const),
        handDescriptions,
        (kind, description) => {
          const condensed = condenseSdp(expandSdp(kind, description));
          const sorted = (one: HandDescription | null) => ({
            ...one,
            candidates: one?.candidates.map((candidate) => JSON.stringify(candidate)).sort(),
          });
          expect(sorted(condensed)).toEqual(sorted(description));
        },
      ),
    );
  });

  it('takes of a browser’s SDP what leads to it over UDP', () => {
    expect(condenseSdp(SDP)).toEqual({
      ufrag: 'G6X4',
      password: 'U/MXQ6IALEsywvI2v9UMAUG/',
      fingerprint: new Uint8Array(32).fill(0xab),
      candidates: [
        {
          type: 'host',
          address: '3eb26140-a0ee-4ae8-a967-a28d3c3fe7a4.local',
          port: 33050,
          priority: 2113937151,
        },
        { type: 'srflx', address: '203.0.113.7', port: 40000, priority: 1677729535 },
      ],
    });
  });

  it('takes the best few of many addresses', () => {
    const lines = Array.from(
      { length: 30 },
      (_, i) => `a=candidate:${i} 1 udp ${1000 + i} 10.0.0.${i} 5000 typ host`,
    );
    const condensed = condenseSdp(
      [SDP.replace(/a=candidate.*\r\n/g, ''), ...lines, ''].join('\r\n'),
    );
    expect(condensed?.candidates.map(({ address }) => address)).toEqual(
      [29, 28, 27, 26].slice(0, HAND_CANDIDATES_LIMIT.host).map((i) => `10.0.0.${i}`),
    );
  });

  it('is none without an address, a SHA-256 fingerprint or a password', () => {
    for (const [from, to] of [
      [/a=candidate.*\r\n/g, ''],
      [/sha-256/, 'sha-1'],
      [/a=ice-pwd.*\r\n/, ''],
      [/a=ice-ufrag.*\r\n/, ''],
    ] as const)
      expect(condenseSdp(SDP.replace(from, to))).toBeNull();
  });

  it('is read from no other text, and no text becomes a line of SDP of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), handDescriptions, fc.nat(), (noise, good, at) => {
        const text = writeHandDescription(good);
        const cut = at % text.length;
        for (const tried of [noise, text.slice(0, cut) + noise + text.slice(cut)]) {
          const read = readHandDescription(tried);
          if (read === null) continue;
          const lines = expandSdp('offer', read).split(/[\r\n]+/);
          expect(lines.filter((line) => line !== '').length).toBe(14 + read.candidates.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is refused where it is too long or has too many addresses', () => {
    const [sample] = fc.sample(handDescriptions, { numRuns: 1, seed: 1 });
    const candidate = { type: 'host', address: '10.0.0.1', port: 1, priority: 1 } as const;
    const candidates = Array.from({ length: HAND_CANDIDATES_LIMIT.host + 1 }, () => candidate);
    expect(readHandDescription(writeHandDescription({ ...sample!, candidates }))).toBeNull();
    expect(readHandDescription('x'.repeat(HAND_DESCRIPTION_LIMIT_CHARS + 1))).toBeNull();
  });
});
