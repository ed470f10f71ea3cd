/**
 * The link that carries an invitation: that of the room, with the invitation behind it.
 */

/** Divides what stands behind `#` into the room's part and the invitation, null where there is none. */
export function splitInvitation(fragment: string): {
  readonly fragment: string;
  readonly invitation: string | null;
} {
  const at = fragment.indexOf('&invite=');
  return at < 0
    ? { fragment, invitation: null }
    : { fragment: fragment.slice(0, at), invitation: fragment.slice(at + 1) };
}

/** The link of an invitation, at this page's own address: the other device may have the page from there too. */
export function joinInvitation(pageHref: string, roomFragment: string, invitation: string): string {
  return `${pageHref.split('#')[0]}#${roomFragment}&${invitation}`;
}
