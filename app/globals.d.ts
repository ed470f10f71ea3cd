import type { TabSession } from '../lib/drivers/tab-session.ts';

declare global {
  interface Window {
    /**
     * The peer of this tab, for tests and for the curious: open the console and try
     * `tabchain.session.snapshot()`, `tabchain.session.blocksBetween(0, 10)` or `tabchain.session.setNote('hello')`.
     * Absent until the tab has joined a room.
     */
    tabchain?: { readonly session: TabSession };
  }
}
