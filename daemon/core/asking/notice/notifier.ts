import { notifyOnBus } from './bus-notifier.js';
import type { NoticeText } from './notice-text.js';
import { appleScript, OSASCRIPT, POWERSHELL, powerShell, runScript } from './scripts.js';

/** Takes a notification away again. */
export type Withdraw = () => Promise<void>;

/** Shows a notification. Its text is in no argument and no variable of a program, which every program of the user can read. */
export async function notify(text: NoticeText): Promise<Withdraw> {
  switch (process.platform) {
    case 'darwin':
      await runScript(OSASCRIPT, appleScript(text));
      return async () => {};
    case 'win32':
      await runScript(POWERSHELL, powerShell(text));
      return async () => {};
    default:
      return notifyOnBus(text);
  }
}
