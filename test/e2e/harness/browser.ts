/**
 * A headless Chromium that talks to this machine alone, with tabs whose errors fail the test.
 */
import { networkInterfaces } from 'node:os';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { browserPath } from './processes.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // mDNS candidates end in .local; every other name is unknown, so that nothing waits for a network that is not there.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.*, EXCLUDE 10.77.*, EXCLUDE localhost, EXCLUDE *.local',
  // Where there is only `lo`, WebRTC has no other interface to use.
  '--allow-loopback-in-peer-connection',
];

/** Lines kept of each tab's console. */
const CONSOLE_LINES_LIMIT = 500;
/** For all that a test does in a page: a busy machine may keep it from its turn for long. */
const ACTION_TIMEOUT_MS = 120_000;
const LAUNCH_TIMEOUT_MS = 120_000;

export interface Tab {
  readonly name: string;
  readonly page: Page;
  /** What its console has shown, oldest first. */
  readonly console: readonly string[];
  /** Errors of the page that no pattern allowed. */
  readonly errors: readonly string[];
  /** From now on errors that fit are part of the test: a server that the test has ended, for example. */
  allowErrors(pattern: RegExp): void;
  /** Closes it as its user would. */
  close(): Promise<void>;
}

/** What a browser keeps together: tabs of one profile share storage, as those of one user do. */
export interface Profile {
  readonly context: BrowserContext;
  openTab(name: string, url: string): Promise<Tab>;
}

export interface TestBrowser {
  readonly browser: Browser;
  /** All tabs ever opened, closed ones too. */
  readonly tabs: readonly Tab[];
  /**
   * `takesAnyCertificate`: as a user who has told the browser to go on; `allowsCamera`: as one who has allowed it, where
   * others have refused it.
   */
  openProfile(options?: {
    readonly takesAnyCertificate?: boolean;
    readonly allowsCamera?: boolean;
  }): Promise<Profile>;
  /** A tab in a profile of its own: another user. */
  openTab(name: string, url: string): Promise<Tab>;
  close(): Promise<void>;
}

/** `program` replaces the Chromium that was found when the clone was made ready; `flags` join its usual ones. */
export async function launchBrowser({
  program = browserPath(),
  flags = [],
}: { readonly program?: string; readonly flags?: readonly string[] } = {}): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: program,
    args: [...FLAGS, ...flags],
    timeout: LAUNCH_TIMEOUT_MS,
    handleSIGINT: false,
  });
  const tabs: Tab[] = [];
  const openProfile: TestBrowser['openProfile'] = async ({
    takesAnyCertificate = false,
    allowsCamera = false,
  } = {}) => {
    const context = await browser.newContext({
      permissions: [...(onlyLoopback() ? ['microphone'] : []), ...(allowsCamera ? ['camera'] : [])],
      ignoreHTTPSErrors: takesAnyCertificate,
    });
    context.setDefaultTimeout(ACTION_TIMEOUT_MS);
    return {
      context,
      async openTab(name, url) {
        const page = await context.newPage();
        const tab = watchTab(name, page);
        tabs.push(tab);
        await page.goto(url);
        return tab;
      },
    };
  };
  return {
    browser,
    tabs,
    openProfile,
    openTab: async (name, url) => (await openProfile()).openTab(name, url),
    close: () => browser.close(),
  };
}

/** Chromium gathers no candidates on `lo` unless the page may use the microphone; elsewhere no user would allow it. */
function onlyLoopback(): boolean {
  return Object.values(networkInterfaces()).every(
    (addresses) => addresses?.every((one) => one.internal) ?? true,
  );
}

/** Collects what a page's console says, and which of it is wrong. Also for pages that others opened. */
export function watchTab(name: string, page: Page): Tab {
  const lines: string[] = [];
  const errors: string[] = [];
  const allowed: RegExp[] = [];
  const keep = (line: string): void => {
    if (lines.length === CONSOLE_LINES_LIMIT) lines.shift();
    lines.push(line);
  };
  const blame = (text: string): void => {
    if (!allowed.some((pattern) => pattern.test(text))) errors.push(`${name}: ${text}`);
  };
  page.on('console', (message) => {
    keep(`${message.type()}: ${message.text()}`);
    if (message.type() === 'error') blame(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => {
    keep(`uncaught: ${error.stack ?? error.message}`);
    blame(error.stack ?? error.message);
  });
  page.on('crash', () => blame('the tab crashed'));
  return {
    name,
    page,
    console: lines,
    errors,
    allowErrors: (pattern) => void allowed.push(pattern),
    close: () => page.close({ runBeforeUnload: false }),
  };
}
