import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOf } from '../../cli/exec/environment.js';
import { type ExecOptions, readRequest } from '../../cli/exec/request/request.js';
import { SigilforgeError } from '../../shared/errors.js';
import { createSandbox, program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const NONE: ExecOptions = { env: [], envFile: [], file: [], stdin: [], fd: [], grant: [], allowEnv: [] };
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sf-names-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function envFile(text: string): Promise<string> {
  const file = path.join(folder, `${++files}.env`);
  await writeFile(file, text);
  return file;
}

async function refusal(options: Partial<ExecOptions>, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    await readRequest({ ...NONE, ...options }, environment);
    return '';
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError)) throw thrown;
    expect(thrown.kind).toBe('invalid_params');
    return `${thrown.message} ${thrown.hint}`;
  }
}

/** Where a name comes from, and what is said about it there. */
async function refusals(name: string) {
  return {
    inFile: await refusal({ envFile: [await envFile(`A=1\n${name}=canary\n`)] }),
    inherited: await refusal({}, { [name]: 'secret://canary' }),
    env: await refusal({ env: [`${name}=secret://canary`] }),
    file: await refusal({ file: [`${name}=secret://canary`] }),
  };
}

const CODE = [
  ...[
    'LD_AUDIT',
    'DYLD_INSERT_LIBRARIES',
    'GCONV_PATH',
    'OPENSSL_CONF',
    'GLIBC_TUNABLES',
    'TERMINFO',
    'GTK_MODULES',
  ],
  ...['PATH', 'SHELL', 'BASH_ENV', 'ENV', 'IFS', 'PS4', 'PROMPT_COMMAND', 'ZDOTDIR', 'SHELLOPTS', 'FPATH'],
  ...['HOME', 'USERPROFILE', 'XDG_CONFIG_HOME', 'XDG_DATA_DIRS'],
  ...[
    'GIT_CONFIG_COUNT',
    'GIT_CONFIG_KEY_0',
    'GIT_CONFIG_VALUE_0',
    'GIT_CONFIG_PARAMETERS',
    'GIT_CONFIG_GLOBAL',
  ],
  ...[
    'GIT_PAGER',
    'GIT_EDITOR',
    'GIT_SEQUENCE_EDITOR',
    'GIT_ASKPASS',
    'GIT_PROXY_COMMAND',
    'GIT_SSH_COMMAND',
    'GIT_DIR',
  ],
  ...[
    'PAGER',
    'AWS_PAGER',
    'MANPAGER',
    'LESSOPEN',
    'LESSCLOSE',
    'EDITOR',
    'VISUAL',
    'KUBE_EDITOR',
    'KUBECTL_EXTERNAL_DIFF',
    'RESTIC_PASSWORD_COMMAND',
    'P4EDITOR',
    'DOCKER_CLI_PLUGIN_EXTRA_DIRS',
    'GDK_PIXBUF_MODULE_FILE',
    'ES_JAVA_OPTS',
    'BROWSER',
    'GH_BROWSER',
  ],
  ...[
    'SSH_ASKPASS',
    'SUDO_ASKPASS',
    'RSYNC_RSH',
    'CVS_RSH',
    'TAR_OPTIONS',
    'VIMINIT',
    'ANSIBLE_CONFIG',
    'TF_CLI_ARGS_plan',
  ],
  ...[
    'MAKEFLAGS',
    'MAKEFILES',
    'CC',
    'CXX',
    'LD',
    'AR',
    'RUSTC_WRAPPER',
    'RUSTFLAGS',
    'CGO_CFLAGS',
    'GOFLAGS',
    'CFLAGS',
  ],
  ...[
    'NODE_OPTIONS',
    'NODE_PATH',
    'DENO_DIR',
    'BUN_OPTIONS',
    'PYTHONPATH',
    'PYTHONWARNINGS',
    'PYTHONHTTPSVERIFY',
  ],
  ...['PERL5OPT', 'PERL5DB', 'RUBYOPT', 'GEM_PATH', 'PHPRC', 'LUA_INIT', 'R_PROFILE_USER', 'JULIA_LOAD_PATH'],
  ...[
    'JAVA_TOOL_OPTIONS',
    'JAVA_OPTS',
    'MAVEN_OPTS',
    'GRADLE_OPTS',
    'SBT_OPTS',
    'ANT_OPTS',
    'ERL_AFLAGS',
    'ELIXIR_ERL_OPTIONS',
  ],
];
const PLACES = [
  ...[
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'ALL_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'all_proxy',
    'no_proxy',
  ],
  ...['HOSTALIASES', 'RES_OPTIONS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
  ...[
    'NODE_EXTRA_CA_CERTS',
    'GCE_METADATA_HOST',
    'VAULT_SKIP_VERIFY',
    'NIX_CONFIG',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'SSLKEYLOGFILE',
    'GIT_SSL_NO_VERIFY',
    'GIT_TRACE_CURL',
  ],
  ...[
    'npm_config_registry',
    'NPM_CONFIG_SCRIPT_SHELL',
    'YARN_REGISTRY',
    'PNPM_HOME',
    'PIP_INDEX_URL',
    'UV_INDEX_URL',
  ],
  ...[
    'CARGO_HOME',
    'CARGO_BUILD_RUSTC',
    'GOPROXY',
    'GONOSUMDB',
    'BUNDLE_GEMFILE',
    'COMPOSER_HOME',
    'POETRY_REPOSITORIES_X_URL',
  ],
  ...[
    'AWS_CONFIG_FILE',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_S3',
    'DOCKER_HOST',
    'DOCKER_CONFIG',
    'DOCKER_CONTEXT',
  ],
  ...[
    'CURL_HOME',
    'WGETRC',
    'NETRC',
    'GNUPGHOME',
    'DBUS_SESSION_BUS_ADDRESS',
    'TMPDIR',
    'SIGILFORGE_SOCKET',
    'SIGILFORGE_HOME',
  ],
];

describe('a name that decides what runs', () => {
  test.each(CODE)('%s is refused wherever it comes from', async (name) => {
    for (const text of Object.values(await refusals(name))) {
      expect(text).toContain(`${name} `);
      expect(text).toContain(`--allow-env ${name}`);
      expect(text).not.toContain('canary');
    }
  });
});

describe('a name that decides where to go, or whom to trust', () => {
  test.each(PLACES)(
    '%s is refused from a file and from the environment, and a person may name it',
    async (name) => {
      const { inFile, inherited, env, file } = await refusals(name);
      for (const text of [inFile, inherited]) expect(text).toContain(`--allow-env ${name}`);
      expect(inFile).toMatch(/\.env, line 2: /);
      expect({ env, file }).toEqual({ env: '', file: '' });
    },
  );
});

test.each([
  ...[
    'DATABASE_URL',
    'API_KEY',
    'KUBECONFIG',
    'AWS_ACCESS_KEY_ID',
    'AWS_REGION',
    'AWS_PROFILE',
    'OPENAI_BASE_URL',
    'TZ',
    'LANG',
  ],
  ...[
    'TERM',
    'PORT',
    'HOST',
    'NODE_ENV',
    'RAILS_ENV',
    'MIX_ENV',
    'DEBUG',
    'GIT_AUTHOR_NAME',
    'GIT_TOKEN',
    'GIT_SSH_KEY',
  ],
  ...[
    'PYTHONUNBUFFERED',
    'MALLOC_ARENA_MAX',
    'UV_THREADPOOL_SIZE',
    'NPM_CONFIG_LOGLEVEL',
    'HOMEBREW_NO_ANALYTICS',
    'RUST_LOG',
    'CARGO_REGISTRY_TOKEN',
    'COMPOSER_AUTH',
    'YARN_NPM_AUTH_TOKEN',
    'UV_PUBLISH_TOKEN',
  ],
  ...[
    'POETRY_HTTP_BASIC_X_PASSWORD',
    'GEM_HOST_API_KEY',
    'BUNDLE_GITHUB__COM',
    'NODE_AUTH_TOKEN',
    'NPM_TOKEN',
    'CCX',
    'HOMEPAGE',
  ],
  ...[
    'TRUST_PROXY',
    'LDAP_URL',
    'PATHNAME',
    'ENVIRONMENT',
    'DOCKER_PASSWORD',
    'JAVA_VERSION',
    'TF_VAR_token',
    'XDGX',
    'MY_SHELL',
  ],
])('%s is what env files are for', async (name) => {
  expect(await refusals(name)).toEqual({ inFile: '', inherited: '', env: '', file: '' });
});

test('--allow-env allows one name and no other', async () => {
  const file = await envFile('HTTPS_PROXY=http://p\nGIT_PAGER=x\n');
  const both = ['HTTPS_PROXY', 'GIT_PAGER'];
  expect(await refusal({ envFile: [file], allowEnv: ['HTTPS_PROXY'] })).toContain('--allow-env GIT_PAGER');
  expect(await refusal({ envFile: [file], allowEnv: both })).toBe('');
});

test.each([
  ['twice in --env', { env: ['A=secret://canary', 'A=secret://b'] }, 'given twice'],
  ['in --env and in --file', { env: ['A=secret://canary'], file: ['A=secret://b'] }, 'given twice'],
  ['twice in --fd', { fd: ['3=secret://canary', '3=secret://b'] }, 'given twice'],
  ['twice as --stdin', { stdin: ['secret://canary', 'secret://b'] }, 'given twice'],
  ['without =', { env: ['canary'] }, '--env NAME=secret://KEY'],
  ['without a name', { env: ['=canary'] }, '--env NAME=secret://KEY'],
  ['with a blank', { env: [' A=canary'] }, 'not a valid variable name'],
  ['with a digit first', { file: ['1canary=secret://b'] }, 'not a valid variable name'],
])('a name %s is an error that repeats no value', async (_, options, said) => {
  const text = await refusal(options);
  expect(text).toContain(said);
  expect(text).not.toContain('canary');
});

test('--env NAME= is not a reference', async () => {
  await expect(readRequest({ ...NONE, env: ['A='] }, {})).rejects.toMatchObject({
    kind: 'invalid_reference',
  });
});

test('a variable named __proto__ reaches the program', async () => {
  const request = await readRequest({ ...NONE, env: ['__proto__=secret://a'] }, {});
  const environment = environmentOf(request, new Map([['secret://a', Buffer.from('x')]]), { B: '1' });
  expect(Object.entries(environment)).toEqual([
    ['B', '1'],
    ['__proto__', 'x'],
  ]);
});

const hasGit = spawnSync('git', ['--version']).status === 0;
test.skipIf(!hasGit)(
  'an env file that has git run a command is refused, and runs it once it is allowed',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const trace = path.join(sandbox.home, 'trace');
    const names = ['GIT_CONFIG_COUNT', 'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0'];
    const file = path.join(sandbox.home, '.env');
    await writeFile(file, `${names[0]}=1\n${names[1]}=core.fsmonitor\n${names[2]}='touch ${trace}; false'\n`);
    spawnSync('git', ['init', '-q', sandbox.home]);
    const [node = '', main = ''] = program('sigilforge');
    const status = (options: readonly string[]) => {
      const args = ['--direct', 'exec', '--env-file', file, ...options, '--', 'git', 'status'];
      return sandbox.spawn([node, '--', main, ...args], { input: '', cwd: sandbox.home }).exited;
    };
    const refused = await status([]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('.env, line 1: GIT_CONFIG_COUNT decides what git runs');
    await expect(stat(trace)).rejects.toThrow('ENOENT');
    expect(await status(names.flatMap((name) => ['--allow-env', name]))).toMatchObject({ code: 0 });
    expect((await stat(trace)).isFile()).toBe(true);
  },
);
