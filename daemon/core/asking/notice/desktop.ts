import { isRemote } from '../../../../shared/browser.js';
import type { Environment } from '../../../../shared/paths.js';

/** Whether the person of this daemon sits at a desktop on which it may show something. */
export function hasDesktop(env: Environment = process.env, platform = process.platform): boolean {
  if (isRemote(env)) return false;
  // On these two it is a part of the system, and there is no variable that tells.
  if (platform === 'darwin' || platform === 'win32') return true;
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}
