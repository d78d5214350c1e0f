import { expect, test } from 'vitest';
import { stopAfter } from '../start/stop-after.js';
import { chromiumInstalled, signInWithBrowser, withBrowser } from './browser.js';
import { startFakeProvider } from './fake-provider.js';
import { pkcePair } from './hand-client.js';
import { startOpenIdProvider } from './openid-provider.js';

test.skipIf(!chromiumInstalled())(
  'a real browser signs in (skipped if no Chromium is installed)',
  async () => {
    const provider = await stopAfter(startOpenIdProvider());
    const program = await stopAfter(startFakeProvider({ 'GET /callback': () => ({ body: 'Signed in.' }) }));
    const { challenge } = pkcePair();
    const text = await withBrowser(async (page) => {
      await signInWithBrowser(
        page,
        provider.signInUrl({ redirectUri: `${program.url}/callback`, codeChallenge: challenge }),
      );
      return page.textContent('body');
    });
    expect(text).toBe('Signed in.');
    expect(program.sentTo('GET /callback')[0]?.query.get('iss')).toBe(provider.issuer);
  },
);
