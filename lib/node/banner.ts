/**
 * What the terminal shows when a room is open: its link, the links for others on this network, and a QR code (R28).
 */
import { renderUnicodeCompact } from 'uqr';
import { networkAddresses, ownAddress, type PagePlace } from './page-place.ts';

export interface BannerInput extends PagePlace {
  readonly room: string;
  /** The room's fragment, without `#`. */
  readonly fragment: string;
  /** Of a certificate that was made here; null where there is none, or an authority knows it. */
  readonly ownFingerprint: string | null;
  /** One more sentence, such as what the room waits for; empty where there is none. */
  readonly note: string;
  /** Whether colours can be shown. Without them the code is inverted on a light background, which some cameras refuse. */
  readonly colours: boolean;
}

/** Bright white on black, and back. */
const CODE_COLOURS = ['\x1b[97;40m', '\x1b[0m'] as const;

const OWN_CERTIFICATE_NOTE =
  'Browsers warn once, because no authority has signed the certificate that was made here: choose "Advanced", and go on.';

/** The whole text, without a line break at its end. */
export function writeBanner(input: BannerInput): string {
  const link = (address: string): string => `${address}#${input.fragment}`;
  const ownLink = link(ownAddress(input));
  const networkLinks = networkAddresses(input).map(({ address, lan }) => ({
    link: link(address),
    remark: lan.virtual ? `   (${lan.interfaceName}: a VPN, container or virtual machine)` : '',
  }));
  const publicLink = input.publicUrl === null ? null : link(input.publicUrl);
  const lines = [`Room ${input.room} is open.`, ''];
  if (publicLink !== null) lines.push(`  For everyone       ${publicLink}`);
  lines.push(`  On this machine    ${ownLink}`);
  for (const { link, remark } of networkLinks) lines.push(`  On this network    ${link}${remark}`);
  const qrLink = publicLink ?? networkLinks[0]?.link ?? ownLink;
  lines.push('', ...drawCode(qrLink, input.colours), '', `  The code holds ${qrLink}`);
  if (input.ownFingerprint !== null)
    lines.push('', OWN_CERTIFICATE_NOTE, `Its SHA-256 fingerprint is ${input.ownFingerprint}`);
  if (input.note !== '') lines.push('', input.note);
  return lines.join('\n');
}

function drawCode(text: string, colours: boolean): string[] {
  const [on, off] = colours ? CODE_COLOURS : ['', ''];
  return renderUnicodeCompact(text, { border: 2 })
    .split('\n')
    .map((line) => `  ${on}${line}${off}`);
}
