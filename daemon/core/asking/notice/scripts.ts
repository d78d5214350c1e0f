import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { NoticeFailure } from './notice-failure.js';
import type { NoticeText } from './notice-text.js';

// Neither macOS nor Windows has been tried: what is tested is the text of the scripts, and how a program gets one.

/** A program that runs a script which it reads from its standard input. */
interface ScriptHost {
  readonly command: string;
  readonly args: readonly string[];
}

export const OSASCRIPT: ScriptHost = { command: '/usr/bin/osascript', args: ['-'] };
export const POWERSHELL: ScriptHost = {
  command: 'powershell.exe',
  args: ['-NoProfile', '-NonInteractive', '-Command', '-'],
};

const LIMIT_MS = 5_000;

/** The program under whose name Windows shows it: only one with an entry in the start menu may. */
const SHOWN_BY = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe';

export function appleScript({ summary, body }: NoticeText): string {
  return `display notification ${appleText(body)} with title ${appleText(summary)}\n`;
}

function appleText(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;
}

export function powerShell({ summary, body }: NoticeText): string {
  const line = (index: number, text: string) =>
    `$null = $lines.Item(${index}).AppendChild($xml.CreateTextNode(${powerShellText(text)}))`;
  return [
    '$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]',
    '$kind = [Windows.UI.Notifications.ToastTemplateType]::ToastText02',
    '$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($kind)',
    "$lines = $xml.GetElementsByTagName('text')",
    line(0, summary),
    line(1, body),
    '$toast = [Windows.UI.Notifications.ToastNotification]::new($xml)',
    `[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier('${SHOWN_BY}').Show($toast)`,
    '',
  ].join('\r\n');
}

/** As base64: PowerShell takes several characters for a quote, and reads its input in the code page of the system. */
function powerShellText(text: string): string {
  const data = Buffer.from(text).toString('base64');
  return `[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${data}'))`;
}

export async function runScript({ command, args }: ScriptHost, script: string): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  // A program may end before it has read it all; how it ended is what tells.
  child.stdin.on('error', () => {});
  child.stdin.end(script);
  const [code]: unknown[] = await once(child, 'exit');
  if (code !== 0) throw new NoticeFailure('the program that shows notifications failed');
}
