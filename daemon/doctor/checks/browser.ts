import fs from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { isRemote } from '../../../shared/browser.js';
import type { Environment } from '../../../shared/paths.js';
import { type Check, type Finding, ok, warning } from '../check.js';

/** Where this process runs, besides its environment. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** Of the kernel. */
  readonly release: string;
  exists(file: string): boolean;
}

/** What `xdg-open` looks for, in any of its ways. */
const OPENERS = [
  ...['x-www-browser', 'www-browser', 'sensible-browser', 'firefox', 'firefox-esr', 'epiphany', 'konqueror'],
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'brave-browser'],
  ...['microsoft-edge', 'gio', 'kde-open', 'kde-open5', 'kde-open6', 'exo-open', 'gnome-open'],
];

/** What tells that the program is in a container, and in a sandbox of one program. */
const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];
const CONTAINER_VARIABLES = ['container', 'KUBERNETES_SERVICE_HOST', 'REMOTE_CONTAINERS', 'CODESPACES'];
const SANDBOX_FILES = ['/.flatpak-info'];
const SANDBOX_VARIABLES = ['FLATPAK_ID', 'SNAP', 'SANDBOX_RUNTIME', 'CODEX_SANDBOX'];

const WITHOUT_BROWSER =
  'Sign in by a code on another device: sigilforge add-account SERVICE ACCOUNT --flow device_code, or paste the address to which another browser is sent: sigilforge add-account SERVICE ACCOUNT --no-browser';

export const browser: Check = {
  name: 'browser',
  run: ({ env }) => [
    browserFor(env, { platform: process.platform, release: release(), exists: fs.existsSync }),
  ],
};

/** Whether a sign-in can open a browser that returns to it. */
export function browserFor(env: Environment, machine: Machine): Finding {
  const obstacle = obstacleTo(env, machine);
  return obstacle === undefined
    ? ok(`A sign-in opens ${browserOf(env, machine)}.`)
    : warning(`${obstacle}, so a sign-in only shows its address.`, WITHOUT_BROWSER);
}

function browserOf(env: Environment, machine: Machine): string {
  if (env['BROWSER']) return `the browser that BROWSER names (${path.basename(env['BROWSER'])})`;
  return isWsl(env, machine) ? "Windows' browser, from WSL" : 'a browser';
}

function obstacleTo(env: Environment, machine: Machine): string | undefined {
  if (isRemote(env)) return 'This is a login over SSH without a display';
  if (env['BROWSER'] || machine.platform !== 'linux' || isWsl(env, machine)) return undefined;
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return `There is no display${placeOf(env, machine)}`;
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const isInstalled = OPENERS.some((name) =>
    folders.some((folder) => machine.exists(path.join(folder, name))),
  );
  return isInstalled ? undefined : `There is a display, and no browser on PATH${placeOf(env, machine)}`;
}

function placeOf(env: Environment, { exists }: Machine): string {
  if (SANDBOX_FILES.some(exists) || SANDBOX_VARIABLES.some((name) => env[name])) return ' in this sandbox';
  const isContained = CONTAINER_FILES.some(exists) || CONTAINER_VARIABLES.some((name) => env[name]);
  return isContained ? ' in this container' : '';
}

/** As the package `open` sees it, which runs Windows' own program there. */
function isWsl(env: Environment, { release: kernel, platform }: Machine): boolean {
  return platform === 'linux' && (Boolean(env['WSL_DISTRO_NAME']) || /microsoft/i.test(kernel));
}
