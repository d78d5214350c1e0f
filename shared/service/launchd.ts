import path from 'node:path';
import { MARKER, marked } from './marked.js';
import type { ServiceFile, ServicePlan } from './plan.js';

export const LABEL = 'org.sigilforge.daemon';

/** The agent of launchd, which starts the daemon at login, and again if it fails (launchd.plist(5)). */
export function launchdFiles(folder: string, plan: ServicePlan, logFile: string): ServiceFile[] {
  return [{ path: path.join(folder, `${LABEL}.plist`), text: agent(plan, logFile) }];
}

const CORE_LIMIT = '<dict>\n    <key>Core</key>\n    <integer>0</integer>\n  </dict>';

/** Its socket is the daemon's own: what launchd listens on can only be had by a call that Node does not have. */
function agent({ node, options, program, env }: ServicePlan, logFile: string): string {
  const command = [node, ...options, program].map((word) => `    ${string(word)}\n`).join('');
  const variables = Object.entries(env).map(
    ([name, value]) => `    <key>${escaped(name)}</key>\n    ${string(value)}\n`,
  );
  return marked(`<?xml version="1.0" encoding="UTF-8"?>
<!-- ${MARKER} -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${command}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join('')}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ExitTimeOut</key>
  <integer>75</integer>
  <key>Umask</key>
  <integer>63</integer>
  <key>SoftResourceLimits</key>
  ${CORE_LIMIT}
  <key>HardResourceLimits</key>
  ${CORE_LIMIT}
  <key>StandardOutPath</key>
  <string>/dev/null</string>
  <key>StandardErrorPath</key>
  ${string(logFile)}
</dict>
</plist>
`);
}

function string(text: string): string {
  return `<string>${escaped(text)}</string>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => (sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : '&gt;'));
}

function meant(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** What an agent's text says; `undefined` if there is no command in it. `socket`: where clients look for its daemon. */
export function readLaunchd(text: string, socket: string): ServicePlan | undefined {
  const command = strings(block(text, 'ProgramArguments', 'array'));
  const [node, ...rest] = command;
  const program = rest.at(-1);
  if (node === undefined || program === undefined) return undefined;
  const variables = block(text, 'EnvironmentVariables', 'dict');
  const names = [...variables.matchAll(/<key>([^<]*)<\/key>/g)].map(([, name = '']) => meant(name));
  const values = strings(variables);
  return {
    ...{ node, program, socket },
    options: rest.slice(0, -1),
    env: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
  };
}

function block(text: string, key: string, element: string): string {
  return new RegExp(`<key>${key}</key>\\s*<${element}>(.*?)</${element}>`, 's').exec(text)?.[1] ?? '';
}

function strings(text: string): string[] {
  return [...text.matchAll(/<string>([^<]*)<\/string>/g)].map(([, value = '']) => meant(value));
}
