import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Environment } from './paths.js';

/** Where this process runs, besides its environment. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** Of the kernel. */
  readonly release: string;
  exists(file: string): boolean;
  /** The text of a small file; empty where it cannot be read. */
  read(file: string): string;
}

/** Which browser a sign-in opens here, or why it opens none: the beginning of a sentence without its end. */
export type BrowserPlace =
  | { readonly opens: string; readonly obstacle?: undefined }
  | { readonly obstacle: string; readonly opens?: undefined };

/** What `xdg-open` looks for, in any of its ways. */
const OPENERS = [
  ...['x-www-browser', 'www-browser', 'sensible-browser', 'firefox', 'firefox-esr', 'epiphany', 'konqueror'],
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'brave-browser'],
  ...['microsoft-edge', 'gio', 'kde-open', 'kde-open5', 'kde-open6', 'exo-open', 'gnome-open'],
];

/** Programs that people name in BROWSER so that nothing is opened. */
const NO_BROWSERS = ['none', 'true', 'false', ':', 'echo', 'printf', 'cat', 'disabled', '0'];
/** Browsers that need the terminal, on which the sign-in itself is shown. */
const TEXT_BROWSERS = ['lynx', 'w3m', 'links', 'links2', 'elinks', 'browsh'];

/** What tells that the program is in a container, and in a sandbox of one program. */
const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];
const CONTAINER_VARIABLES = ['container', 'KUBERNETES_SERVICE_HOST', 'REMOTE_CONTAINERS', 'CODESPACES'];
const CONTAINER_GROUPS = /[/-](?:docker|kubepods|libpod|containerd|lxc|machine\.slice)\b/;
const SANDBOX_FILES = ['/.flatpak-info'];
const SANDBOX_VARIABLES = ['FLATPAK_ID', 'SNAP', 'SANDBOX_RUNTIME', 'CODEX_SANDBOX'];

/** Whether a sign-in can open a browser whose way back leads here. Everything that opens one, or tells people about it, asks this. */
export function browserPlace(env: Environment = process.env, machine: Machine = HERE): BrowserPlace {
  const named = env['BROWSER'];
  if (isEditorsBrowser(named)) return { opens: 'the browser of your editor' };
  if (isRemote(env, machine.platform)) return { obstacle: 'This is a login over SSH without a display' };
  if (named) return namedPlace(named);
  if (machine.platform === 'darwin' || machine.platform === 'win32') return { opens: 'a browser' };
  if (isWsl(env, machine)) return { opens: "Windows' browser, from WSL" };
  if (!hasDisplay(env)) return { obstacle: `There is no display${placeOf(env, machine)}` };
  if (hasOpener(env, machine)) return { opens: 'a browser' };
  return { obstacle: `There is a display, and no browser on PATH${placeOf(env, machine)}` };
}

/** Whether windows can be shown to the person: on their own machine, or on a display that leads to it. */
export function hasDesktop(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean {
  // On these two it is a part of the system, and there is no variable that tells.
  if (platform === 'darwin' || platform === 'win32') return !isRemote(env, platform);
  return hasDisplay(env);
}

const HERE: Machine = {
  platform: process.platform,
  release: os.release(),
  exists: fs.existsSync,
  read(file) {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  },
};

/** A display that SSH leads to is the person's own, but macOS and Windows open windows only on their own screens. */
export function isRemote(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (!env['SSH_CONNECTION'] && !env['SSH_TTY']) return false;
  return platform === 'darwin' || platform === 'win32' || !hasDisplay(env);
}

function hasDisplay(env: Environment): boolean {
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** Editors that work on another machine set one that opens the address at home, and forward the way back, too. */
function isEditorsBrowser(named: string | undefined): boolean {
  return named !== undefined && /\/bin\/.*\/?helpers\/browser\.sh$/.test(named);
}

/** BROWSER holds one command or several, separated by colons; one may have `%s` in it. */
function namedPlace(named: string): BrowserPlace {
  const programs = named.split(':').map((command) => path.basename(command.trim().split(/\s+/)[0] ?? ''));
  const [first = ''] = programs.filter((program) => program !== '');
  if (first === '' || NO_BROWSERS.includes(first)) return { obstacle: 'BROWSER says that none is opened' };
  if (TEXT_BROWSERS.includes(first)) {
    return { obstacle: `BROWSER names one that needs this terminal (${first})` };
  }
  return { opens: `the browser that BROWSER names (${first})` };
}

function hasOpener({ PATH = '' }: Environment, { exists }: Machine): boolean {
  const folders = PATH.split(path.delimiter).filter((folder) => folder !== '');
  return OPENERS.some((name) => folders.some((folder) => exists(path.join(folder, name))));
}

function placeOf(env: Environment, machine: Machine): string {
  const isSandbox =
    SANDBOX_FILES.some((file) => machine.exists(file)) || SANDBOX_VARIABLES.some((name) => env[name]);
  if (isSandbox) return ' in this sandbox';
  return isContained(env, machine) ? ' in this container' : '';
}

function isContained(env: Environment, { exists, read }: Machine): boolean {
  if (CONTAINER_FILES.some((file) => exists(file)) || CONTAINER_VARIABLES.some((name) => env[name]))
    return true;
  return CONTAINER_GROUPS.test(read('/proc/self/cgroup'));
}

/** A container on Windows has the same kernel, without the variables, and reaches nothing of Windows. */
function isWsl(env: Environment, machine: Machine): boolean {
  if (machine.platform !== 'linux') return false;
  if (env['WSL_DISTRO_NAME'] || env['WSL_INTEROP']) return true;
  return /microsoft/i.test(machine.release) && !isContained(env, machine);
}
