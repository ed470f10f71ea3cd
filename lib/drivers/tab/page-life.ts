/**
 * When a page is hidden, shown, frozen and thawed, and when its network comes back (R26).
 */

export interface PageLifeEvents {
  hidden(isHidden: boolean): void;
  /** Shown, thawed, restored or online again. */
  woken(): void;
}

/** Tells at once whether the page is hidden, and then each change; returns what ends it. */
export function watchPageLife(events: PageLifeEvents): () => void {
  const ends = new AbortController();
  const { signal } = ends;
  const tellVisibility = (): void => {
    events.hidden(document.hidden);
    if (!document.hidden) events.woken();
  };
  const wake = (): void => events.woken();
  document.addEventListener('visibilitychange', tellVisibility, { signal });
  document.addEventListener('resume', wake, { signal });
  window.addEventListener('pageshow', wake, { signal });
  window.addEventListener('online', wake, { signal });
  if (document.hidden) events.hidden(true);
  return () => ends.abort();
}
