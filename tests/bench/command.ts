import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { secretServiceInstalled, startSecretService } from '../support/keychain/secret-service.js';
import { type Benchmark, type Figure, median } from './benchmark.js';
import { ACCOUNT } from './home.js';

const ROUNDS = 40;
/** Its daemon ends by itself, should this process be killed. */
const GIT_TIMEOUT_S = 120;
const CLI = fileURLToPath(new URL('../../dist/sigilforge.cjs', import.meta.url));

interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  /** What its output has to hold, or the figure means nothing. */
  readonly expected: RegExp;
}

/** The whole command, from its start to its end, in turns with what others take for the same. */
export const command: Benchmark = async ({ sandbox, withDaemon }) => {
  const { env } = sandbox;
  const empty: Program = { name: 'node -e 0', command: [process.execPath, '-e', '0'], env, expected: /^$/ };
  const ours: Program = {
    name: 'sigilforge get-token',
    command: [process.execPath, CLI, 'get-token', ACCOUNT.service, ACCOUNT.account],
    env,
    expected: /^\S{20,}\n$/,
  };
  const git = startGit(path.join(sandbox.home, 'git', 'socket'), env);
  const keychain = secretServiceInstalled() ? await startKeychain() : undefined;
  const others = [git?.program, keychain?.program].filter((program) => program !== undefined);
  try {
    return await withDaemon(async () => compare(ours, empty, others));
  } finally {
    git?.stop();
    await keychain?.stop();
  }
};

/** In alternation, so that what else the machine does falls upon all alike. */
function compare(ours: Program, empty: Program, others: readonly Program[]): Figure[] {
  const samples = new Map([ours, empty, ...others].map((program) => [program, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [program, times] of samples) times.push(time(program));
  }
  const took = (program: Program) => median(samples.get(program) ?? []);
  return [
    { what: `${empty.name}, whole command, median`, value: took(empty), unit: 'ms' },
    { what: `${ours.name}, whole command, median`, value: took(ours), unit: 'ms' },
    {
      what: `${ours.name} against ${empty.name}`,
      value: took(ours) / took(empty),
      unit: '×',
      aim: { atMost: 1.3 },
    },
    ...others.flatMap((other): Figure[] => [
      { what: `${other.name}, whole command, median`, value: took(other), unit: 'ms' },
      { what: `${ours.name} against ${other.name}`, value: took(ours) / took(other), unit: '×' },
    ]),
  ];
}

/** Milliseconds. Throws where the program did not do its work. */
function time({ name, command: [program = '', ...args], env, input, expected }: Program): number {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { env, input, encoding: 'utf8' });
  const took = performance.now() - start;
  if (status !== 0 || !expected.test(stdout)) throw new Error(`${name} failed: ${stderr}`);
  return took;
}

function startGit(socket: string, env: NodeJS.ProcessEnv): { program: Program; stop(): void } | undefined {
  const run = (action: string, input: string) =>
    spawnSync('git', ['credential-cache', `--timeout=${GIT_TIMEOUT_S}`, '--socket', socket, action], {
      env,
      input,
    });
  const asked = 'protocol=https\nhost=example.org\n';
  if (run('store', `${asked}username=ada\npassword=a-token\n\n`).status !== 0) return undefined;
  const program: Program = {
    name: 'git credential-cache get',
    command: ['git', 'credential-cache', '--socket', socket, 'get'],
    env,
    input: `${asked}\n`,
    expected: /^password=a-token$/m,
  };
  return { program, stop: () => void run('exit', '') };
}

async function startKeychain(): Promise<{ program: Program; stop(): Promise<void> }> {
  const { env, stop } = await startSecretService();
  const attributes = ['service', 'bench', 'user', 'ada'];
  spawnSync('secret-tool', ['store', '--label', 'bench', ...attributes], { env, input: 'a-token' });
  const program: Program = {
    name: 'secret-tool lookup',
    command: ['secret-tool', 'lookup', ...attributes],
    env,
    expected: /^a-token$/,
  };
  return { program, stop };
}
