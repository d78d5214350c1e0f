import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SERVICE_UNIT, SOCKET_UNIT, systemdFiles } from '../../shared/service/systemd.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { startUserManager, type UserManager } from '../support/start/user-manager.js';

interface Changes {
  /** Lines that the service's own section has besides those of every installed service. */
  readonly service?: readonly string[];
  /** The daemon's program, by default the built one. */
  readonly daemon?: string;
}

/** An installed service of a real user manager, whose socket waits for the first client. */
export interface ServiceScene {
  readonly sandbox: Sandbox;
  readonly manager: UserManager;
  /** What systemd says of the service. */
  property(name: string): Promise<string>;
}

export async function asService({ service = [], daemon }: Changes = {}): Promise<ServiceScene> {
  const sandbox = await stopAfter(createSandbox());
  const units = path.join(sandbox.home, '.config', 'systemd', 'user');
  const [node = '', built = ''] = program('sigilforged');
  const env = { SIGILFORGE_HOME: sandbox.home, PATH: process.env['PATH'] ?? '' };
  const plan = { node, options: [], program: daemon ?? built, env, socket: sandbox.socket };
  const changed = path.join(units, `${SERVICE_UNIT}.d`);
  mkdirSync(changed, { recursive: true, mode: 0o700 });
  for (const file of systemdFiles(units, plan)) writeFileSync(file.path, file.text);
  writeFileSync(
    path.join(changed, 'test.conf'),
    ['[Service]', 'RestartSec=100ms', ...service, ''].join('\n'),
  );
  const manager = await stopAfter(startUserManager(sandbox));
  await manager.run(`systemctl --user start ${SOCKET_UNIT}`);
  return {
    sandbox,
    manager,
    property: async (name) =>
      (await manager.run(`systemctl --user show --property=${name} --value ${SERVICE_UNIT}`)).trim(),
  };
}

/** Writes the configuration of a sandbox. */
export function configure({ home }: Pick<Sandbox, 'home'>, lines: string): void {
  const folder = path.join(home, 'config');
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  writeFileSync(path.join(folder, 'config.toml'), lines, { mode: 0o600 });
}
