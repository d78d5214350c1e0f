import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Names other than the loopback interface's do not resolve, so no test asks the network for anything.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

export function chromiumInstalled(): boolean {
  return existsSync(CHROMIUM);
}

/** Runs `use` with a page of a fresh Chromium, which is ended afterwards together with its profile. */
export function withBrowser<T>(use: (page: Page) => Promise<T>): Promise<T> {
  return withProfile(async (profile) => {
    const browser = await chromium.launchPersistentContext(profile, launchOptions(profile));
    try {
      return await use(browser.pages()[0] ?? (await browser.newPage()));
    } finally {
      await browser.close();
    }
  });
}

/** Runs `use` with pages of two people, each of whom has cookies of their own. */
export function withTwoPeople<T>(
  use: (one: Page, other: Page) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> {
  return withProfile(async (profile) => {
    const browser = await chromium.launch(launchOptions(profile));
    try {
      const [one, other] = [await browser.newContext(options), await browser.newContext(options)];
      return await use(await one.newPage(), await other.newPage());
    } finally {
      await browser.close();
    }
  });
}

async function withProfile<T>(use: (profile: string) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), 'sf-chromium-'));
  try {
    return await use(profile);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function launchOptions(profile: string) {
  return { executablePath: CHROMIUM, args: ARGUMENTS, env: { PATH: process.env['PATH'], HOME: profile } };
}

/** Fills in the provider's login and consent pages, and waits until the browser has left the provider. */
export async function signInWithBrowser(page: Page, authorizationUrl: string, login = 'ada'): Promise<void> {
  const { origin } = new URL(authorizationUrl);
  await page.goto(authorizationUrl);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', 'a password');
  await page.click('button[type=submit]');
  await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
  await page.click('button[type=submit]');
  await page.waitForURL((url) => url.origin !== origin);
}
