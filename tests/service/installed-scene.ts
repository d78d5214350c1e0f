import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { startUserManager, type UserManager } from '../support/start/user-manager.js';

export const FILES = ['sigilforge.service', 'sigilforge.socket'] as const;

interface Answer {
  readonly code: number;
  /** What it printed on both channels. */
  readonly output: string;
}

/** A user manager of systemd, and the command line beside it. */
export interface InstalledScene {
  readonly sandbox: Sandbox;
  readonly manager: UserManager;
  /** The folder of the user's units. */
  readonly units: string;
  /** Runs `sigilforge` where systemctl finds the manager, with some variables besides. */
  cli(line: string, env?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The same with `--json`: what it printed on standard output. */
  json(line: string, env?: Readonly<Record<string, string>>): Promise<Record<string, unknown>>;
  /** One property of a unit. */
  property(name: string, unit?: (typeof FILES)[number]): Promise<string>;
}

/** Home and user are those of a test. `home`: where Sigilforge's own folders are, below that of the user. */
export async function startInstalledScene(home = ''): Promise<InstalledScene> {
  const sandbox = await stopAfter(createSandbox());
  const root = path.join(sandbox.home, home);
  mkdirSync(path.join(root, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(root, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n', { mode: 0o600 });
  mkdirSync(path.join(sandbox.home, '.config'), { recursive: true });
  const manager = await stopAfter(startUserManager(sandbox));
  const own = { SIGILFORGE_HOME: root };
  const run = async (
    line: string,
    env: Readonly<Record<string, string>>,
    channel: string,
  ): Promise<Answer> => {
    const set = Object.entries({ ...own, ...env }).map(([name, value]) => quoted(`${name}=${value}`));
    const command = [...program('sigilforge').map(quoted), line].join(' ');
    const printed = await manager.run(`env ${set.join(' ')} ${command} ${channel}; printf '\\nstatus %s' $?`);
    const [, output = '', code] = /^(.*)\nstatus (\d+)$/s.exec(printed) ?? [];
    return { code: Number(code), output };
  };
  return {
    ...{ sandbox, manager },
    units: path.join(sandbox.home, '.config', 'systemd', 'user'),
    cli: (line, env = {}) => run(line, env, ''),
    async json(line, env = {}) {
      const { output } = await run(`${line} --json`, env, '2>/dev/null');
      return JSON.parse(output) as Record<string, unknown>;
    },
    async property(name, unit = 'sigilforge.service') {
      return (await manager.run(`systemctl --user show --property=${name} --value ${unit}`)).trim();
    },
  };
}

/** One word for bash. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Every file and folder of a user, without Sigilforge's own. */
export function filesOf(home: string): string[] {
  const own = /^(config|data|state|run)(\/|$)/;
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((name) => !own.test(name))
    .sort();
}
