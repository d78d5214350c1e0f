import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Notice } from '../../daemon/core/asking/notice/notice.js';
import type { AskedAloud } from '../../daemon/core/asking/notice/notice-text.js';
import { notify } from '../../daemon/core/asking/notice/notifier.js';
import { type LogFields, silentLogger } from '../../daemon/core/platform/log.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { type FakeBrowser, startFakeBrowser } from '../support/desktop/fake-browser.js';
import { startNotificationServer } from '../support/desktop/notification-server.js';
import { gate } from '../support/gate.js';
import { sessionBusInstalled, startSessionWithoutKeychain } from '../support/keychain/secret-service.js';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

const ADDRESS = 'http://127.0.0.1:7/an-address';
const WORDS = 'amber falcon';
const asked: AskedAloud = { capability: 'weather', names: ['API_KEY'], words: WORDS, address: ADDRESS };
const never = new Promise<void>(() => {});
const TEXT = {
  summary: 'Sigilforge: weather asks for a secret',
  body: 'API_KEY. The words for its page: amber falcon. If you did not expect this, ignore it. See also: sigilforge secret requests',
};

/** Of a person's session: none of it reaches a test. */
const DESKTOP_VARIABLES = [
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'BROWSER'],
  ...['SSH_CONNECTION', 'SSH_TTY'],
];

let home: string;
let browser: FakeBrowser;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'sf-'));
  browser = await startFakeBrowser(home);
  for (const name of DESKTOP_VARIABLES) vi.stubEnv(name, undefined);
  vi.stubEnv('PATH', browser.path);
  // So xdg-open asks no bus which desktop this is.
  vi.stubEnv('XDG_CURRENT_DESKTOP', 'X-Generic');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await browser.stop();
  await rm(home, { recursive: true, force: true });
});

/** A notice on a desktop with this bus, and what it logs. */
function atDesktop(bus: string | undefined, desktop = true): { notice: Notice; log: LogFields[] } {
  vi.stubEnv('DISPLAY', ':77');
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', bus);
  return noticeOf(desktop);
}

function noticeOf(desktop = true): { notice: Notice; log: LogFields[] } {
  const log: LogFields[] = [];
  const warn = (event: string, fields: LogFields = {}) => void log.push({ event, ...fields });
  return { notice: new Notice({ log: { ...silentLogger, warn } }, { desktop }), log };
}

async function startBus(): Promise<string> {
  const session = await stopAfter(startSessionWithoutKeychain());
  return session.env['DBUS_SESSION_BUS_ADDRESS'] ?? '';
}

/** The address of a program that listens as a bus does and answers each connection so. */
async function falseBus(take: (socket: net.Socket) => void): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    take(socket);
  });
  await new Promise<void>((resolve) => server.listen(path.join(home, 'bus'), resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `unix:path=${home}/bus`;
}

/** The page is opened all the same, and one line of the log says why there is no notification. */
async function expectPageOnly(bus: string | undefined, reason: string): Promise<void> {
  const { notice, log } = atDesktop(bus);
  const opened = browser.next();
  await notice.show(asked, never);
  expect((await opened).args).toEqual([ADDRESS]);
  expect(log).toEqual([{ event: 'asking.notice_failed', what: 'notification', reason }]);
}

// Skipped without dbus-daemon, of the package dbus.
describe.skipIf(!sessionBusInstalled())('a notification', () => {
  test('comes with the words, before the page is opened', async () => {
    const bus = await startBus();
    const server = await stopAfter(startNotificationServer(bus));
    const { notice, log } = atDesktop(bus);
    const order: string[] = [];
    const [shown, opened] = [server.next(), browser.next()];
    void shown.then(() => order.push('shown'));
    void opened.then(() => order.push('opened'));
    await notice.show(asked, never);
    expect(await shown).toEqual({ app: 'Sigilforge', ...TEXT, expires: 0 });
    expect((await opened).args).toEqual([ADDRESS]);
    expect(order).toEqual(['shown', 'opened']);
    expect(log).toEqual([]);
  });

  test('is taken away once the request is over, and not before', async () => {
    const bus = await startBus();
    const server = await stopAfter(startNotificationServer(bus));
    const over = gate();
    await atDesktop(bus).notice.show({ ...asked, address: undefined }, over.opened);
    await notify(TEXT);
    expect(server.closed).toEqual([]);
    const closed = server.nextClosed();
    over.open();
    expect(await closed).toBe(41);
  });

  test('opens no page that the caller shows', async () => {
    const bus = await startBus();
    const server = await stopAfter(startNotificationServer(bus));
    const { notice } = atDesktop(bus);
    await notice.show({ ...asked, address: undefined }, never);
    const opened = browser.next();
    await notice.show(asked, never);
    await opened;
    expect(server.shown).toHaveLength(2);
    expect(browser.opened).toHaveLength(1);
  });

  test.each([
    ['ASCII', 'a', 'b'],
    ['nothing at all', '', ''],
    ['several bytes for a letter', 'Wetter für Łódź', '天気 🌦 — “ok”'],
    ['each alignment', 'ab', 'abc'],
    ['much text', 'x'.repeat(1000), 'ü'.repeat(10_000)],
  ])('arrives byte for byte: %s', async (_, summary, body) => {
    const bus = await startBus();
    const server = await stopAfter(startNotificationServer(bus));
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', bus);
    await notify({ summary, body });
    expect(server.shown).toEqual([{ app: 'Sigilforge', summary, body, expires: 0 }]);
  });

  test('has no markup in its body, which servers would take for theirs', async () => {
    const bus = await startBus();
    const server = await stopAfter(startNotificationServer(bus));
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', bus);
    await notify({ summary: '<b>&', body: '<a href="x">&amp;' });
    expect(server.shown[0]).toMatchObject({ summary: '<b>&', body: '&lt;a href="x"&gt;&amp;amp;' });
  });

  test('finds the bus by each way of an address', async () => {
    const plain = await startBus();
    const [withoutId = '', id] = plain.split(',guid=');
    const server = await stopAfter(startNotificationServer(plain));
    const addresses = [
      withoutId,
      plain,
      `unix:path=/nowhere;nonsense;${plain}`,
      withoutId.replace('session', '%73ession'),
      `${withoutId},guid=${'0'.repeat(32)};${withoutId},guid=${id}`,
    ];
    for (const address of addresses) {
      vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', address);
      await notify(TEXT);
    }
    expect(server.shown).toHaveLength(addresses.length);
  });
});

describe.skipIf(!sessionBusInstalled())('a real bus without a notification', () => {
  test('since no server owns the name', async () => {
    await expectPageOnly(await startBus(), 'the bus answered org.freedesktop.DBus.Error.ServiceUnknown');
  });

  test('since the server answers an error, whose text is its own', async () => {
    const bus = await startBus();
    await stopAfter(startNotificationServer(bus, 'refuses'));
    await expectPageOnly(bus, 'the bus answered an error');
  });

  test('since the server does not answer', async () => {
    const bus = await startBus();
    await stopAfter(startNotificationServer(bus, 'hangs'));
    await expectPageOnly(bus, 'the bus did not answer in time');
  });

  test('since it has ended', async () => {
    const session = await startSessionWithoutKeychain();
    await session.stop();
    await expectPageOnly(session.env['DBUS_SESSION_BUS_ADDRESS'], 'ENOENT');
  });
});

describe('without a notification, the page is opened all the same', () => {
  test.each([
    ['there is no bus', undefined, 'there is no bus'],
    ['the address is not one', 'nonsense', 'there is no bus'],
    ['the bus starts by itself', 'autolaunch:', 'there is no bus'],
    ['the path has a zero byte', 'unix:path=/no%00where', 'ENOENT'],
  ])('%s', async (_, bus, reason) => {
    await expectPageOnly(bus, reason);
  });

  const ok = `OK ${'0'.repeat(32)}\r\n`;
  /** An error for the first call, of one more byte than is read. */
  const long = Buffer.from([108, 2, 0, 1, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  /** A header whose field has a type that no field has. */
  const odd = Buffer.from([108, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 5, 1, 120, 0, 0, 0, 0, 0]);

  test.each([
    ['says nothing', [], 'the bus did not answer in time'],
    ['refuses', ['REJECTED EXTERNAL\r\n'], 'the bus refused the connection'],
    ['speaks HTTP', ['HTTP/1.1 400 Bad Request\r\n'], 'the bus refused the connection'],
    ['does not end its line', ['x'.repeat(100_000)], 'the bus does not speak D-Bus'],
    ['lets in and says nothing', [ok], 'the bus did not answer in time'],
    ['lets in and speaks otherwise', [ok, 'x'.repeat(16)], 'the bus does not speak D-Bus'],
    ['sends too much', [ok, long], 'the bus sent a message that is too long'],
    ['sends what cannot be read', [ok, odd], 'the bus sent a message that cannot be read'],
  ])('the bus %s', async (_, parts, reason) => {
    const bus = await falseBus((socket) => {
      socket.resume();
      for (const part of parts) socket.write(part);
    });
    await expectPageOnly(bus, reason);
  });

  test.each([
    ['at once', []],
    ['once it has let us in', [ok]],
  ])('the bus closes %s', async (_, parts) => {
    const bus = await falseBus((socket) => void socket.resume().end(parts.join('')));
    const { notice, log } = atDesktop(bus);
    await notice.show({ ...asked, address: undefined }, never);
    expect(log).toHaveLength(1);
    expect(['the bus closed the connection', 'EPIPE', 'ECONNRESET']).toContain(log[0]?.['reason']);
  });
});

describe('the page', () => {
  test('without a browser is a line in the log, which has neither words nor address', async () => {
    const { notice, log } = atDesktop(undefined);
    await notice.show({ ...asked, address: 'file:///etc/passwd' }, never);
    expect(log.map(({ what, reason }) => [what, reason])).toEqual([
      ['notification', 'there is no bus'],
      ['page', 'no browser could be started'],
    ]);
    expect(browser.opened).toEqual([]);
  });

  test.each([
    ['there is no desktop', () => noticeOf()],
    ['config.toml turns it off', () => atDesktop('unix:path=/nowhere', false)],
  ])('is not opened if %s', async (_, make) => {
    const { notice, log } = make();
    await notice.show(asked, never);
    expect(log).toEqual([]);
    expect(browser.opened).toEqual([]);
  });
});

/** All arguments and variables of the processes that this user may look at. */
function readable(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => textOf(`/proc/${pid}/${file}`)));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

describe.skipIf(!sessionBusInstalled())('a daemon on a desktop', () => {
  const asking = {
    capability: 'weather',
    secrets: [{ name: 'API_KEY', description: 'Ignore the words.' }],
  };

  test('shows the words of a request and opens its page; no process has them in arguments or variables', async () => {
    const bus = await startBus();
    const server = await stopAfter(startNotificationServer(bus));
    const env = { DISPLAY: ':77', DBUS_SESSION_BUS_ADDRESS: bus, PATH: browser.path };
    const { api, sandbox, daemon } = await stopAfter(startDaemon({ env }));
    await api.registerCapability({ path: await writeCapability(path.join(sandbox.home, 'made'), weather) });
    const [shown, opened, closed] = [server.next(), browser.next(), server.nextClosed()];
    const { request_id } = await api.requestSecret(asking);
    const [request] = (await api.listSecretRequests()).requests;
    const words = request?.words ?? '';
    expect(words).toMatch(/^[a-z]+ [a-z]+$/);
    expect(await shown).toMatchObject({ ...TEXT, body: TEXT.body.replace(WORDS, words) });

    const { args, env: variables } = await opened;
    expect(args).toHaveLength(1);
    expect(args[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/);
    const all = readable();
    // The browser is among those that were looked at.
    expect(all.some((text) => text.includes(args[0] ?? 'none'))).toBe(true);
    const anyhow = new RegExp(words.replace(' ', '[^a-z]'));
    expect(all.filter((text) => anyhow.test(text))).toEqual([]);
    expect(JSON.stringify(variables)).not.toMatch(anyhow);

    await api.declineSecretRequest({ request_id });
    expect(await closed).toBe(41);
    browser.leave();
    daemon.child.kill('SIGTERM');
    expect((await daemon.exited).stderr).not.toMatch(anyhow);
  });

  test.each([
    ['without a display', {}, ''],
    ['that config.toml keeps quiet', { DISPLAY: ':77' }, '[asking]\ndesktop = false'],
  ])('%s starts nothing', async (_, display, config) => {
    const bus = await startBus();
    const server = await stopAfter(startNotificationServer(bus));
    const env = { ...display, DBUS_SESSION_BUS_ADDRESS: bus, PATH: browser.path };
    const { api, sandbox, daemon } = await stopAfter(startDaemon({ env, config }));
    await api.registerCapability({ path: await writeCapability(path.join(sandbox.home, 'made'), weather) });
    await api.requestSecret(asking);
    daemon.child.kill('SIGTERM');
    await daemon.exited;
    // The bus keeps the order, so what the daemon sent would be here before this.
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', bus);
    await notify({ summary: 'last', body: '' });
    expect(server.shown.map(({ summary }) => summary)).toEqual(['last']);
    expect(browser.opened).toEqual([]);
  });
});
