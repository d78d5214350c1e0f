import type { CommandEntry } from './arguments/command.js';

const ACCOUNTS = 'Accounts:';
const TOKENS = 'Tokens and values:';
const SECRETS = 'Secrets and programs:';
const CAPABILITIES = 'Capabilities:';
const VAULT = 'Vault:';
const SETUP = 'Providers and daemon:';

/** Where the help lists `help` itself. */
export const HELP_GROUP = SETUP;

/** Every command, in the order of the help. A command is an entry here, and a file or a folder in commands/. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'add-account',
    summary: 'Sign in, and store the account',
    group: ACCOUNTS,
    aliases: ['login'],
    load: () => import('./commands/add-account.js'),
  },
  {
    name: 'list-accounts',
    summary: 'List the accounts',
    group: ACCOUNTS,
    aliases: ['ls', 'list', 'accounts'],
    load: () => import('./commands/list-accounts.js'),
  },
  {
    name: 'get-account',
    summary: 'Show one account',
    group: ACCOUNTS,
    load: () => import('./commands/get-account.js'),
  },
  {
    name: 'remove-account',
    summary: 'Revoke an account at its provider, and delete it here',
    group: ACCOUNTS,
    aliases: ['logout'],
    load: () => import('./commands/remove-account.js'),
  },
  {
    name: 'get-token',
    summary: 'Print an access token that works',
    group: TOKENS,
    aliases: ['token'],
    load: () => import('./commands/get-token.js'),
  },
  {
    name: 'refresh-token',
    summary: 'Get a new access token from the provider, and print it',
    group: TOKENS,
    load: () => import('./commands/refresh-token.js'),
  },
  {
    name: 'token-info',
    summary: 'Show what is known about a token, without the token',
    group: TOKENS,
    load: () => import('./commands/token-info.js'),
  },
  {
    name: 'unread-answers',
    summary: 'List answers that could not be read, or read them again',
    group: TOKENS,
    load: () => import('./commands/unread-answers.js'),
  },
  {
    name: 'resolve',
    summary: 'Print the value that a reference stands for',
    group: TOKENS,
    load: () => import('./commands/resolve.js'),
  },
  {
    name: 'aws-credentials',
    summary: 'Print credentials in the form that AWS programs read',
    group: TOKENS,
    load: () => import('./commands/aws-credentials.js'),
  },
  {
    name: 'kube-credential',
    summary: 'Print a token in the form that kubectl reads',
    group: TOKENS,
    load: () => import('./commands/kube-credential.js'),
  },
  {
    name: 'git-credential',
    summary: "Answer git, by the protocol of git's credential helpers",
    hidden: true,
    load: () => import('./commands/git-credential.js'),
  },
  {
    name: 'docker-credential',
    summary: "Answer docker, by the protocol of docker's credential helpers",
    hidden: true,
    load: () => import('./commands/docker-credential.js'),
  },
  {
    name: 'secret',
    summary: 'Store, print, list or delete secrets',
    group: SECRETS,
    load: () => import('./commands/secret/index.js'),
  },
  {
    name: 'exec',
    summary: 'Run a program with credentials',
    group: SECRETS,
    load: () => import('./commands/exec.js'),
  },
  {
    name: 'inject',
    summary: 'Fill in the references in a template',
    group: SECRETS,
    load: () => import('./commands/inject.js'),
  },
  {
    name: 'capability',
    summary: 'Register, grant and run what agents and apps may use',
    group: CAPABILITIES,
    load: () => import('./commands/capability/index.js'),
  },
  {
    name: 'runs',
    summary: 'List, show, follow or cancel runs',
    group: CAPABILITIES,
    load: () => import('./commands/runs/index.js'),
  },
  {
    name: 'events',
    summary: 'Print what happens to the accounts, as it happens',
    group: ACCOUNTS,
    load: () => import('./commands/events.js'),
  },
  {
    name: 'audit',
    summary: 'Show what was handed out and refused, and to whom',
    group: VAULT,
    load: () => import('./commands/audit/index.js'),
  },
  {
    name: 'vault',
    summary: 'Lock or unlock the vault, choose what opens it, or move it',
    group: VAULT,
    load: () => import('./commands/vault/index.js'),
  },
  {
    name: 'backup',
    summary: 'Copy the vault, encrypted as it is, to a file',
    group: VAULT,
    load: () => import('./commands/backup.js'),
  },
  {
    name: 'restore',
    summary: 'Put a backup in the place of the vault',
    group: VAULT,
    load: () => import('./commands/restore.js'),
  },
  {
    name: 'provider',
    summary: 'List, show, set up or remove providers',
    group: SETUP,
    load: () => import('./commands/provider/index.js'),
  },
  {
    name: 'helper',
    summary: 'Set up Sigilforge in git and other programs, by one line',
    group: SETUP,
    load: () => import('./commands/helper/index.js'),
  },
  {
    name: 'door',
    summary: 'List or close the doors that programs were given',
    group: SETUP,
    load: () => import('./commands/door/index.js'),
  },
  {
    name: 'daemon',
    summary: 'Start, stop or check the daemon',
    group: SETUP,
    load: () => import('./commands/daemon/index.js'),
  },
  {
    name: 'status',
    summary: 'Show the state of the daemon, the vault and the keychain',
    group: SETUP,
    load: () => import('./commands/status.js'),
  },
  {
    name: 'doctor',
    summary: 'Check everything that Sigilforge needs, and say what helps',
    group: SETUP,
    load: () => import('./commands/doctor.js'),
  },
  {
    name: 'quickstart',
    summary: 'Show the main job in half a minute, and leave nothing behind',
    group: SETUP,
    load: () => import('./commands/quickstart.js'),
  },
  {
    name: 'completion',
    summary: 'Let TAB complete commands and names in bash, zsh or fish',
    group: SETUP,
    load: () => import('./commands/completion.js'),
  },
];
