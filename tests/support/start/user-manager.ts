import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isRoot, program, type Sandbox } from './sandbox.js';

const SCRIPT = fileURLToPath(new URL('programs/user-manager.sh', import.meta.url));

/** Whether this machine can have one: that needs root, systemd, and cgroups that may be made. */
export function hasUserManager(): boolean {
  if (!isRoot || !existsSync('/lib/systemd/systemd')) return false;
  const { status, stderr } = spawnSync('bash', [SCRIPT], { input: '', encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`No user manager of systemd can be started here: ${stderr}\n`);
  return status === 0;
}

/** A user manager of systemd whose units are in `.config/systemd/user` of the sandbox. */
export interface UserManager {
  /** What a command prints that finds it by `systemctl --user`. */
  run(command: string): Promise<string>;
  /** Ends it with all of its processes. */
  stop(): Promise<void>;
}

export async function startUserManager(sandbox: Sandbox): Promise<UserManager> {
  const shell = sandbox.spawn(['bash', SCRIPT], { env: { HOME: sandbox.home } });
  const stop = async (): Promise<void> => {
    shell.child.stdin.end();
    await shell.exited;
  };
  await shell.seen(/^ready$/m, 'stdout');
  return {
    stop,
    async run(command) {
      const mark = randomUUID();
      // The newline is there because the last line of what it prints may have none.
      shell.write(`{ ${command}\n} 2>&1; printf '\\n%s\\n' "${mark}"\n`);
      const from = shell.stdout.length;
      await shell.seen(new RegExp(`^${mark}$`, 'm'), 'stdout');
      return shell.stdout.slice(from).split(`\n${mark}`)[0] ?? '';
    },
  };
}

/** The text of a service that is the daemon of a sandbox. */
export function daemonUnit({ home }: Pick<Sandbox, 'home'>): string {
  const start = program('sigilforged').join(' ');
  return `[Service]\nType=exec\nEnvironment=SIGILFORGE_HOME=${home} PATH=${process.env['PATH']}\nExecStart=${start}\n`;
}
