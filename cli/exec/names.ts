import { badArgument } from '../arguments/context.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Variables that decide which code a program loads or runs, so that their value is as powerful as its code. */
const LOADING = new Set([
  ...[
    'PATH',
    'PATHEXT',
    'COMSPEC',
    'IFS',
    'ENV',
    'SHELLOPTS',
    'BASHOPTS',
    'PS4',
    'PROMPT_COMMAND',
    'ZDOTDIR',
    'CDPATH',
  ],
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_REPL_EXTERNAL_MODULE', 'BUN_OPTIONS', 'ELECTRON_RUN_AS_NODE'],
  ...['PERL5OPT', 'PERL5LIB', 'PERLLIB', 'PERL5DB', 'RUBYOPT', 'RUBYLIB', 'CLASSPATH'],
  ...[
    'JAVA_TOOL_OPTIONS',
    '_JAVA_OPTIONS',
    'JDK_JAVA_OPTIONS',
    'DOTNET_STARTUP_HOOKS',
    'CORECLR_PROFILER_PATH',
  ],
  ...[
    'PHPRC',
    'PHP_INI_SCAN_DIR',
    'R_PROFILE',
    'R_ENVIRON',
    'GCONV_PATH',
    'LOCPATH',
    'OPENSSL_CONF',
    'OPENSSL_MODULES',
  ],
  ...[
    'GIT_EXEC_PATH',
    'GIT_SSH',
    'GIT_SSH_COMMAND',
    'GIT_EXTERNAL_DIFF',
    'GIT_CONFIG_GLOBAL',
    'GIT_TEMPLATE_DIR',
  ],
]);
const LOADING_PREFIXES = [
  ...['LD_', 'DYLD_', 'BASH_ENV', 'BASH_FUNC_', 'LUA_', 'GLIBC_TUNABLES', 'MALLOC_'],
  ...['PYTHONSTARTUP', 'PYTHONPATH', 'PYTHONHOME', 'PYTHONUSERBASE', 'PYTHONBREAKPOINT', 'PYTHONINSPECT'],
];

/** Throws unless `name` is a valid name for a variable. The error does not repeat it: it may be a value. */
export function checkName(name: string, where: string): void {
  if (NAME.test(name)) return;
  throw badArgument(
    `${where}: not a valid variable name.`,
    'A name consists of letters, digits and _, and does not start with a digit.',
  );
}

/** Throws for a name that changes how programs load, unless it is allowed. */
export function refuseLoading(name: string, allowed: readonly string[]): void {
  const upper = name.toUpperCase();
  const changesLoading = LOADING.has(upper) || LOADING_PREFIXES.some((prefix) => upper.startsWith(prefix));
  if (!changesLoading || allowed.includes(name)) return;
  throw badArgument(
    `${name} changes how programs load, so it is not set from a reference or an env file.`,
    `To allow it, add: --allow-env ${name}`,
  );
}
