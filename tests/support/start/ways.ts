import { program, type Sandbox } from './sandbox.js';

/** Every way to start a daemon. Each resolves once it is ready; the sandbox ends it. */
export const waysToStart: readonly {
  readonly way: string;
  readonly start: (sandbox: Sandbox, env: NodeJS.ProcessEnv) => Promise<void>;
}[] = [
  {
    way: 'sigilforged',
    start: async (sandbox, env) => {
      await sandbox.startDaemon(env);
    },
  },
  {
    way: 'sigilforge daemon run',
    start: async (sandbox, env) => {
      const command = [...program('sigilforge'), 'daemon', 'run'];
      const [, pid] = await sandbox.spawn(command, { input: '', env }).seen(/"pid":(\d+)/, 'stdout');
      sandbox.track(Number(pid));
    },
  },
  {
    way: 'sigilforge daemon start',
    start: async (sandbox, env) => {
      const { stdout } = await sandbox.run(['daemon', 'start', '--json'], { env });
      sandbox.track((JSON.parse(stdout) as { pid: number }).pid);
    },
  },
];
