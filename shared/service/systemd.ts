import path from 'node:path';
import { MARKER, marked } from './marked.js';
import type { ServiceFile, ServicePlan } from './plan.js';
import { unitWord, unitWords } from './unit-words.js';

export const SERVICE_UNIT = 'sigilforge.service';
export const SOCKET_UNIT = 'sigilforge.socket';

/**
 * The units of a user's daemon. The service is wanted at login, and not only once a client comes: it refreshes ahead of
 * time and keeps bots up. The socket is systemd's, so that a client that comes while the service starts waits for it.
 */
export function systemdFiles(folder: string, plan: ServicePlan): ServiceFile[] {
  return [
    { path: path.join(folder, SERVICE_UNIT), text: serviceUnit(plan) },
    { path: path.join(folder, SOCKET_UNIT), text: socketUnit(plan) },
  ];
}

/**
 * What the daemon inherits, the programs do that it starts for people, and those of runs too: options that change what
 * a program may call or see (`Protect…`, `Private…`, `Restrict…`, `SystemCall…`) would break some of those.
 */
function serviceUnit({ node, options, program, env }: ServicePlan): string {
  const words = [...options, program];
  // With a colon before it, systemd does not take what follows `$` for a variable.
  const colon = [node, ...words].some((word) => word.includes('$')) ? ':' : '';
  return marked(`# ${MARKER}
[Unit]
Description=Sigilforge, the broker of credentials
Requires=${SOCKET_UNIT}
After=${SOCKET_UNIT}

[Service]
Type=notify
NotifyAccess=all
ExecStart=${colon}${[node, ...words].map(unitWord).join(' ')}
${Object.entries(env)
  .map(([name, value]) => `Environment=${unitWord(`${name}=${value}`)}\n`)
  .join('')}Restart=on-failure
RestartSec=1
# A mistake in config.toml and a path that others may change: another start cures neither.
RestartPreventExitStatus=2 7
# An exchange with a provider takes a minute at most, and is never cut off.
TimeoutStopSec=75
WatchdogSec=60
# What it says about itself when it is ready is for the program that starts it by a command.
StandardOutput=null
StandardError=journal
SyslogIdentifier=sigilforge
UMask=0077
LimitCORE=0
MemorySwapMax=0
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`);
}

function socketUnit({ socket }: ServicePlan): string {
  return marked(`# ${MARKER}
[Unit]
Description=The socket of Sigilforge

[Socket]
ListenStream=${socket.replaceAll('%', '%%')}
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`);
}

/** What the text of a service and of its socket say; `undefined` if there is no command in it. */
export function readSystemd(service: string, socket: string | undefined): ServicePlan | undefined {
  const [command] = valuesOf(service, 'ExecStart');
  const [node, ...rest] = unitWords(command?.replace(/^[:@!+-]+/, '') ?? '');
  const program = rest.at(-1);
  if (node === undefined || program === undefined) return undefined;
  const [listens = ''] = socket === undefined ? [] : valuesOf(socket, 'ListenStream');
  return {
    node,
    program,
    options: rest.slice(0, -1),
    env: Object.fromEntries(valuesOf(service, 'Environment').flatMap(unitWords).map(pair)),
    socket: listens.replaceAll('%%', '%'),
  };
}

function valuesOf(unit: string, name: string): string[] {
  return unit
    .split('\n')
    .flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
}

function pair(word: string): [name: string, value: string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}
