import { spawn } from 'node:child_process';
import { isRemote } from '../../shared/browser-place.js';
import type { Environment } from '../../shared/paths.js';
import { isInPath } from '../files/in-path.js';

/** How long a program may take to keep a text, in milliseconds: without its display it may wait for ever. */
const LIMIT_MS = 2000;

/** The programs that keep a text on the clipboard of this desktop, the best one first. */
export function clipboardCommands(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): (readonly [string, ...string[]])[] {
  if (isRemote(env, platform)) return [];
  if (platform === 'darwin') return [['pbcopy']];
  if (platform === 'win32') return [['clip.exe']];
  return [
    ...(env['WAYLAND_DISPLAY'] ? [['wl-copy'] as const] : []),
    ...(env['DISPLAY']
      ? [['xclip', '-selection', 'clipboard'] as const, ['xsel', '--clipboard', '--input'] as const]
      : []),
    ...(env['WSL_DISTRO_NAME'] ? [['clip.exe'] as const] : []),
  ];
}

/** Puts a text that may be seen on the person's clipboard. Returns whether a program said that it did. */
export async function copyToClipboard(text: string, env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  for (const command of clipboardCommands(env)) {
    if (isInPath(command[0], env) && (await keeps(command, text))) return true;
  }
  return false;
}

/** The text goes to its standard input: arguments are visible to every user. */
function keeps([program, ...args]: readonly [string, ...string[]], text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = { timeout: LIMIT_MS, killSignal: 'SIGKILL' } as const;
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], ...limit });
    child.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0));
    // It may end without reading.
    child.stdin.on('error', () => undefined).end(text);
  });
}
