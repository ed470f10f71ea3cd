import { describe, expect, it } from 'vitest';
import { writeBanner } from '../../lib/node/banner.ts';

const lanAddresses = [
  { ip: '192.168.1.7', interfaceName: 'wlan0', virtual: false },
  { ip: '172.17.0.1', interfaceName: 'docker0', virtual: true },
];
const input = {
  room: 'abc',
  fragment: 'r=abc&g=new',
  host: '0.0.0.0',
  port: 8080,
  scheme: 'http' as const,
  publicUrl: null,
  ownFingerprint: null,
  lanAddresses,
  note: '',
  colours: false,
};

describe('the banner of a room', () => {
  it('shows the link, all links of this network, and a code for the first', () => {
    const text = writeBanner(input);
    expect(text).toContain('http://localhost:8080/#r=abc&g=new');
    expect(text).toContain('http://192.168.1.7:8080/#r=abc&g=new\n');
    expect(text).toMatch(/172\.17\.0\.1:8080.*docker0/);
    expect(text).toContain('The code holds http://192.168.1.7:8080/');
    expect(text).toMatch(/[▀▄█]{5}/);
  });

  it('draws the code white on black where colours can be shown', () => {
    expect(writeBanner(input)).not.toContain('\x1b');
    const lines = writeBanner({ ...input, colours: true }).split('\n');
    for (const line of lines.filter((each) => /[▀▄█]/.test(each)))
      expect([line.startsWith('  \x1b[97;40m'), line.endsWith('\x1b[0m')]).toEqual([true, true]);
  });

  it('shows one link where the server listens on one address only', () => {
    const text = writeBanner({ ...input, host: '127.0.0.1', note: 'It waits.' });
    expect(text).not.toContain('192.168.1.7');
    expect(text).toContain('The code holds http://127.0.0.1:8080/');
    expect(text.endsWith('\nIt waits.')).toBe(true);
  });

  it('puts the address for everyone first, and into the code', () => {
    const text = writeBanner({ ...input, publicUrl: 'https://class.example/tab/' });
    expect(text).toContain('For everyone       https://class.example/tab/#r=abc&g=new\n');
    expect(text).toContain('The code holds https://class.example/tab/#r=abc&g=new');
  });

  it('says https where the page is served so, and why browsers warn of a certificate made here', () => {
    const secure = { ...input, scheme: 'https' as const };
    const text = writeBanner({ ...secure, ownFingerprint: 'AB:CD' });
    expect(text).toContain('The code holds https://192.168.1.7:8080/#');
    expect(text).not.toContain('http://');
    expect(text).toMatch(/Browsers warn once, because .*\nIts SHA-256 fingerprint is AB:CD$/);
    expect(writeBanner(secure)).not.toContain('Browsers warn');
  });
});
