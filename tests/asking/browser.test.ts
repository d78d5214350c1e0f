import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { SecretRequestInfo } from '../../shared/contract/index.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { chromiumInstalled, withBrowser, withTwoPeople } from '../support/provider/browser.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { listenOnLoopback } from '../support/wire/loopback.js';
import { pageScene } from './page-scene.js';

// A person answers a request for secrets: the built daemon, a real capability, and a real browser.

/** On a machine with much else to do, a browser takes its time. */
const TIMEOUT_MS = 180_000;

const CANARY = 'Typed7zLeak+4kQx/Zw9';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const API_KEY = {
  name: 'API_KEY',
  description: 'Asks the weather service.',
  obtain: 'https://weather.example.org/keys',
  obtain_instructions: 'Sign up, then copy the key that the first page shows.',
};

let backend: DaemonBackend;
let api: SigilforgeClient;

interface Asked {
  readonly id: string;
  readonly url: string;
}

async function ask(...names: string[]): Promise<Asked> {
  const secrets = names.length === 0 ? [API_KEY] : names.map((name) => ({ name }));
  const asked = await api.requestSecret({ capability: 'weather', secrets, url_elicitation: true });
  return { id: asked.request_id, url: asked.url ?? expect.fail('It has no page.') };
}

/** As a terminal shows it. */
async function listed(id: string): Promise<SecretRequestInfo> {
  const { requests } = await api.listSecretRequests();
  return requests.find((request) => request.id === id) ?? expect.fail('It is not listed.');
}

async function wordsOf(id: string): Promise<string> {
  return (await listed(id)).words ?? expect.fail('Its turn has not come.');
}

function statusOf(id: string): Promise<string> {
  return api.waitSecretRequest({ request_id: id, timeout_s: 0 }).then(({ status }) => status);
}

async function keptNames(): Promise<string[]> {
  const { secrets } = await api.listCapabilitySecrets({ name: 'weather' });
  return secrets.map(({ key }) => key);
}

async function fill(page: Page, words: string, value = CANARY): Promise<void> {
  await page.getByLabel('Value of API_KEY').fill(value);
  await page.getByLabel('The two words').fill(words);
}

function press(page: Page, name: 'Save' | 'Decline'): Promise<void> {
  return page.getByRole('button', { name }).click();
}

function heading(page: Page): Promise<string | null> {
  return page.textContent('h1');
}

beforeEach(async () => {
  if (!chromiumInstalled()) return;
  backend = await stopAfter(startDaemon({ config: '[asking]\ndesktop = false' }));
  api = backend.api;
  const folder = await writeCapability(path.join(backend.sandbox.home, 'made', 'weather'), weather);
  await api.registerCapability({ path: folder });
});

/** Files below the home, and processes by their arguments, in which one of these texts shows. */
function tracesOf(texts: readonly string[]): { files: string[]; processes: string[] } {
  const hasOne = (file: string): boolean => {
    try {
      const bytes = readFileSync(file, 'latin1');
      return texts.some((text) => bytes.includes(text));
    } catch {
      // The process, or the file, is gone.
      return false;
    }
  };
  const files = readdirSync(backend.sandbox.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return {
    files: files.filter(hasOne),
    processes: processes.filter((pid) => hasOne(`/proc/${pid}/cmdline`)),
  };
}

// Where Chromium is not installed there is no browser to drive.
describe.skipIf(!chromiumInstalled())('in Chromium', { timeout: TIMEOUT_MS }, () => {
  test('what is typed is saved, and shows nowhere', async () => {
    const { id, url } = await ask();
    const words = await wordsOf(id);
    const traces = [CANARY, encodeURIComponent(CANARY), words, words.replace(' ', '+')];
    await withBrowser(async (page) => {
      const answers: string[] = [];
      page.on('response', (response) => {
        answers.push(JSON.stringify(response.headers()));
        void response.text().then((text) => answers.push(text));
      });
      await page.goto(url);
      expect(await heading(page)).toBe('weather asks for a secret');
      await fill(page, words);
      expect(tracesOf(traces)).toEqual({ files: [], processes: [] });
      await press(page, 'Save');
      await page.getByRole('heading', { name: 'Saved' }).waitFor();
      expect(await page.textContent('main p')).toBe('API_KEY was saved for weather. You can close this tab.');
      expect(page.url()).toBe(url);
      await page.goto(url);
      expect(await heading(page)).toBe('Saved');
      expect(answers.length).toBeGreaterThanOrEqual(6);
      for (const answer of answers) for (const trace of traces) expect(answer).not.toContain(trace);
      expect(tracesOf(traces)).toEqual({ files: [], processes: [] });
    });
    expect(await api.waitSecretRequest({ request_id: id })).toEqual({
      ...{ request_id: id, status: 'saved', error: null },
    });
    expect(await keptNames()).toEqual(['API_KEY']);
    expect(tracesOf(traces).files).toEqual([]);
    await api.shutdown();
    await backend.daemon.exited;
    expect(tracesOf(traces).files).toEqual([]);
  });

  test('what is typed comes to a run', async () => {
    const program = `export const run = (_, { secrets }) => (secrets.API_KEY === '${CANARY}' ? 'the same' : 'another');`;
    const files = {
      'manifest.json': JSON.stringify({
        ...{ name: 'compares', version: '1.0.0', run: { runner: 'node', entry: 'main.mjs' } },
        required_secrets: [{ name: 'API_KEY' }],
      }),
      'main.mjs': program,
    };
    const folder = path.join(backend.sandbox.home, 'made', 'compares');
    await api.registerCapability({ path: await writeCapability(folder, files) });
    const secrets = [{ name: 'API_KEY' }];
    const asked = await api.requestSecret({ capability: 'compares', secrets, url_elicitation: true });
    const words = await wordsOf(asked.request_id);
    await withBrowser(async (page) => {
      await page.goto(asked.url ?? '');
      await fill(page, words);
      await press(page, 'Save');
      await page.getByRole('heading', { name: 'Saved' }).waitFor();
    });
    const { response } = await api.runCapability({ name: 'compares', wait: true });
    expect(response).toBe('the same');
  });

  test('expired: what is sent too late is not saved', async () => {
    const scene = await pageScene();
    const { url, words, request } = await scene.ask();
    await withBrowser(async (page) => {
      await page.goto(url);
      await fill(page, words);
      request.end('expired', 'No person answered in time.');
      await press(page, 'Save');
      await page.getByRole('heading', { name: 'Too late' }).waitFor();
      expect(await page.textContent('main p')).toBe(
        'No person answered in time. Nothing was saved for weather.',
      );
    });
    expect(await scene.kept()).toEqual({});
  });

  test('declined: no field is filled in', async () => {
    const { id, url } = await ask();
    await withBrowser(async (page) => {
      await page.goto(url);
      await press(page, 'Decline');
      await page.getByRole('heading', { name: 'Declined' }).waitFor();
    });
    expect(await statusOf(id)).toBe('declined');
    expect(await keptNames()).toEqual([]);
  });

  test('wrong words: the value is gone, the third time the request is, too', async () => {
    const { id, url } = await ask();
    await withBrowser(async (page) => {
      await page.goto(url);
      for (const said of ['You have 2 more tries.', 'You have one more try.']) {
        await fill(page, 'not these');
        await press(page, 'Save');
        await page.getByRole('alert').filter({ hasText: said }).waitFor();
        expect(await page.getByLabel('Value of API_KEY').inputValue()).toBe('');
        expect(await page.evaluate('document.activeElement.id')).toBe('words');
      }
      await fill(page, 'not these');
      await press(page, 'Save');
      await page.getByRole('heading', { name: 'This request is over' }).waitFor();
    });
    expect(await statusOf(id)).toBe('ended');
    expect(await keptNames()).toEqual([]);
  });

  test('wrong words, then the right ones', async () => {
    const { id, url } = await ask();
    const words = await wordsOf(id);
    await withBrowser(async (page) => {
      await page.goto(url);
      await fill(page, 'not these');
      await press(page, 'Save');
      await page.getByRole('alert').waitFor();
      await fill(page, words);
      await press(page, 'Save');
      await page.getByRole('heading', { name: 'Saved' }).waitFor();
    });
    expect(await statusOf(id)).toBe('saved');
  });

  test('a page that is loaded again, or opened in a second tab, is the same', async () => {
    const { id, url } = await ask();
    await withBrowser(async (page) => {
      await page.goto(url);
      await page.reload();
      expect(await heading(page)).toBe('weather asks for a secret');
      const tab = await page.context().newPage();
      await tab.goto(url);
      expect(await heading(tab)).toBe('weather asks for a secret');
    });
    expect(await statusOf(id)).toBe('pending');
  });

  test('a page that a link of another site leads to can be loaded again, and answered', async () => {
    const { id, url } = await ask();
    const site = await stopAfter(
      listenOnLoopback(async (_, response) => {
        response.setHeader('content-type', 'text/html').end(`<a href="${url}">Answer</a>`);
      }),
    );
    await withBrowser(async (page) => {
      await page.goto(site.url.replace('127.0.0.1', 'localhost'));
      await page.getByRole('link').click();
      expect(await heading(page)).toBe('weather asks for a secret');
      await page.reload();
      expect(await heading(page)).toBe('weather asks for a secret');
      await fill(page, await wordsOf(id));
      await press(page, 'Save');
      await page.getByRole('heading', { name: 'Saved' }).waitFor();
    });
    expect(await statusOf(id)).toBe('saved');
  });

  test('a second opening, by another browser, ends it for both', async () => {
    const { id, url } = await ask();
    const words = await wordsOf(id);
    await withTwoPeople(async (first, second) => {
      await first.goto(url);
      await second.goto(url);
      expect(await heading(second)).toBe('This request is over');
      expect(await second.textContent('main p')).toContain('opened a second time');
      await fill(first, words);
      await press(first, 'Save');
      await first.getByRole('heading', { name: 'This request is over' }).waitFor();
      expect(await first.textContent('main p')).toContain('opened a second time');
    });
    expect(await statusOf(id)).toBe('ended');
    expect(await keptNames()).toEqual([]);
  });

  test('a program that has the address and posts by itself saves nothing, and the person is told', async () => {
    const { id, url } = await ask();
    const words = await wordsOf(id);
    await withBrowser(async (page) => {
      await page.goto(url);
      const post = {
        method: 'POST',
        body: new URLSearchParams({ 'value.API_KEY': 'its own', words, action: 'save' }),
      };
      const { status } = await fetch(url, { ...post, headers: { origin: new URL(url).origin } });
      expect(status).toBe(403);
      await fetch(url);
      await page.reload();
      expect(await heading(page)).toBe('This request is over');
    });
    expect(await statusOf(id)).toBe('ended');
    expect(await keptNames()).toEqual([]);
  });

  test('another name for this machine shows nothing', async () => {
    const { id, url } = await ask();
    await withBrowser(async (page) => {
      const response = await page.goto(url.replace('127.0.0.1', 'localhost'));
      expect(response?.status()).toBe(421);
      expect(await heading(page)).toBe('Nothing here');
    });
    expect(await statusOf(id)).toBe('pending');
  });

  test('two requests in a row', async () => {
    const first = await ask();
    const second = await ask('USER');
    await withBrowser(async (page) => {
      await page.goto(second.url);
      expect(await heading(page)).toBe('Another request comes first');
      const tab = await page.context().newPage();
      await tab.goto(first.url);
      await fill(tab, await wordsOf(first.id));
      await press(tab, 'Save');
      await tab.getByRole('heading', { name: 'Saved' }).waitFor();
      await page.reload();
      await page.getByLabel('Value of USER').fill('ada');
      await page.getByLabel('The two words').fill(await wordsOf(second.id));
      await press(page, 'Save');
      await page.getByRole('heading', { name: 'Saved' }).waitFor();
    });
    expect(await keptNames()).toEqual(['API_KEY', 'USER']);
  });

  test('without JavaScript', async () => {
    const { id, url } = await ask();
    const words = await wordsOf(id);
    await withTwoPeople(
      async (page) => {
        await page.goto(url);
        await fill(page, words);
        await press(page, 'Save');
        await page.getByRole('heading', { name: 'Saved' }).waitFor();
      },
      { javaScriptEnabled: false },
    );
    expect(await statusOf(id)).toBe('saved');
  });

  test('by the keyboard', async () => {
    const { id, url } = await ask();
    const words = await wordsOf(id);
    await withBrowser(async (page) => {
      await page.goto(url);
      const order: string[] = [];
      for (let count = 0; count < 5; count += 1) {
        await page.keyboard.press('Tab');
        order.push(await focused(page));
      }
      expect(order).toEqual(['weather.example.org', 'value.API_KEY', 'words', 'Save', 'Decline']);
      for (let count = 0; count < 3; count += 1) await page.keyboard.press('Shift+Tab');
      await page.keyboard.type(CANARY);
      await page.keyboard.press('Tab');
      await page.keyboard.type(words);
      // As from any field of a form: the first button of the form is meant.
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Saved' }).waitFor();
    });
    expect(await statusOf(id)).toBe('saved');
  });

  test('a form that is not filled in is not sent', async () => {
    const { id, url } = await ask();
    await withBrowser(async (page) => {
      await page.goto(url);
      await press(page, 'Save');
      expect(await page.evaluate('document.activeElement.id')).toBe('value-0');
      expect(await heading(page)).toBe('weather asks for a secret');
      expect(await page.getByRole('alert').count()).toBe(0);
    });
    expect(await statusOf(id)).toBe('pending');
  });
});

/** What has the focus, by its name or its text, if it shows that it has it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    const isShown = getComputedStyle(element).outlineStyle === 'solid';
    return isShown ? (element instanceof HTMLInputElement ? element.name : element.textContent) : 'nothing that shows';
  })()`);
}

const LONG = {
  name: `LONG_${'X'.repeat(100)}`,
  description: `${'W'.repeat(300)} and many words. ${'All of them are said by the capability. '.repeat(20)}`,
  obtain_instructions: '<b>No</b> HTML.',
};

describe.skipIf(!chromiumInstalled())('for all', { timeout: TIMEOUT_MS }, () => {
  test.each(['light', 'dark'] as const)('every page can be read, in %s colours', async (colorScheme) => {
    const scene = await pageScene();
    const look = async (page: Page, name: string): Promise<void> => {
      expect({ name, faults: await faultsOf(page) }).toEqual({ name, faults: [] });
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        const beyond = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect({ name, width, beyond }).toEqual({ name, width, beyond: 0 });
        await keepPicture(page, `${name}-${colorScheme}-${width}`);
      }
    };
    const first = await scene.ask(API_KEY, { name: 'USER' });
    const second = await scene.ask(LONG);
    await withTwoPeople(
      async (page) => {
        await page.goto(second.url);
        await look(page, 'early');
        await page.goto(first.url);
        await look(page, 'form');
        for (const input of await page.locator('input').all()) await input.fill('wrong');
        await press(page, 'Save');
        await page.getByRole('alert').waitFor();
        await look(page, 'wrong-words');
        await page.evaluate("document.querySelector('form').noValidate = true");
        await press(page, 'Save');
        await page.locator('#value-0[aria-invalid]').waitFor();
        await look(page, 'not-filled-in');
        await page.getByLabel('Value of USER').fill('ada');
        await fill(page, first.words);
        await press(page, 'Save');
        await page.getByRole('heading', { name: 'Saved' }).waitFor();
        await look(page, 'saved');
        await page.goto(second.url);
        await look(page, 'long');
        await press(page, 'Decline');
        await page.getByRole('heading', { name: 'Declined' }).waitFor();
        await look(page, 'declined');
        const third = await scene.ask();
        third.request.end('expired', 'No person answered in time.');
        await page.goto(third.url);
        expect(await heading(page)).toBe('Too late');
        await look(page, 'expired');
        await page.goto(new URL('/none', third.url).href);
        await look(page, 'nothing');
      },
      { colorScheme },
    );
  });
});

/** A picture for a person to look at, if `SIGILFORGE_TEST_PICTURES` names a folder for them. */
async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SIGILFORGE_TEST_PICTURES'];
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

/** What axe finds, by the rules of WCAG 2.2 AA and of good practice. */
async function faultsOf(page: Page): Promise<string[]> {
  // The page's own policy lets no script in.
  const axe = readFileSync(AXE, 'utf8');
  const { violations, incomplete }: AxeResults = await page.evaluate(
    `(() => { ${axe}; return axe.run(document, { resultTypes: ['violations', 'incomplete'] }); })()`,
  );
  return [...violations, ...incomplete].map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
  );
}
