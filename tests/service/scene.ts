import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { startUserManager, type UserManager } from '../support/start/user-manager.js';

export const SERVICE = 'sigilforge.service';
const SOCKET = 'sigilforge.socket';

export interface Units {
  /** Lines of the service's own section. */
  readonly service?: readonly string[];
  /** The command line of the daemon, by default that of the built one. */
  readonly command?: readonly string[];
}

/** A service of a real user manager, whose socket waits for the first client. */
export interface ServiceScene {
  readonly sandbox: Sandbox;
  readonly manager: UserManager;
  /** What systemd says of the service. */
  property(name: string): Promise<string>;
}

export async function asService({
  service = [],
  command = program('sigilforged'),
}: Units = {}): Promise<ServiceScene> {
  const sandbox = await stopAfter(createSandbox());
  const units = path.join(sandbox.home, '.config', 'systemd', 'user');
  mkdirSync(units, { recursive: true, mode: 0o700 });
  const socket = ['[Socket]', `ListenStream=${sandbox.socket}`, 'SocketMode=0600', 'DirectoryMode=0700'];
  const own = [
    '[Service]',
    'Type=notify',
    `Environment=SIGILFORGE_HOME=${sandbox.home} PATH=${process.env['PATH']}`,
    `ExecStart=${command.join(' ')}`,
    'Restart=on-failure',
    ...service,
  ];
  writeFileSync(path.join(units, SOCKET), text(socket));
  writeFileSync(path.join(units, SERVICE), text(own));
  const manager = await stopAfter(startUserManager(sandbox));
  await manager.run(`systemctl --user start ${SOCKET}`);
  return {
    sandbox,
    manager,
    property: async (name) =>
      (await manager.run(`systemctl --user show --property=${name} --value ${SERVICE}`)).trim(),
  };
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** Writes the configuration of a sandbox. */
export function configure({ home }: Pick<Sandbox, 'home'>, lines: string): void {
  const folder = path.join(home, 'config');
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  writeFileSync(path.join(folder, 'config.toml'), lines, { mode: 0o600 });
}
