import { callOnce } from '../client/call-once.js';
import { versionNotice } from '../client/version-notice.js';
import { leaveMemoryOutOfCoreFiles } from '../shared/core-files.js';
import { SigilforgeError } from '../shared/errors.js';
import { pinnedDescriptor, pinnedSocket, resolvePaths } from '../shared/paths.js';
import { looksLikeReference } from '../shared/reference-schemes.js';

/** Errors that only the whole program can judge: other sources may have the value, or the daemon is of another version. */
const NOT_FINAL = new Set([
  'not_found',
  'method_not_found',
  'invalid_params',
  'internal_error',
  'incompatible',
]);

/**
 * The output of the two commands that programs call all the time, in their ordinary form and with a daemon running,
 * before the rest is loaded. `undefined` for everything else, which commands.cjs answers in the same way.
 */
export async function answerFast(args: readonly string[]): Promise<string | undefined> {
  // The whole program says more about an error.
  if (process.env['SIGILFORGE_DEBUG'] === '1') return undefined;
  try {
    const text = await ask(args);
    if (text !== undefined && !args.includes('--quiet')) noticeVersion();
    return text;
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && NOT_FINAL.has(thrown.kind)) return undefined;
    throw thrown;
  }
}

/** What every other command says when it connects. */
function noticeVersion(): void {
  const socket = pinnedDescriptor() === undefined ? (pinnedSocket() ?? resolvePaths().socket) : null;
  const notice = versionNotice(socket);
  if (notice !== undefined) process.stderr.write(`sigilforge: ${notice}\n`);
}

async function ask(args: readonly string[]): Promise<string | undefined> {
  if (
    args.some((argument) => argument.startsWith('-') && argument !== '--format' && argument !== '--quiet')
  ) {
    return undefined;
  }
  leaveMemoryOutOfCoreFiles();
  const [command, ...rest] = args.filter((argument) => argument !== '--quiet');
  if (command === 'get-token') return getToken(rest);
  if (command === 'resolve') return resolve(rest);
  return undefined;
}

async function getToken([service, account, format, ...more]: readonly string[]): Promise<string | undefined> {
  const asHeader = format === '--format' && more.length === 1 && more[0] === 'header';
  if (
    service === undefined ||
    account === undefined ||
    !(asHeader || (format === undefined && more.length === 0))
  ) {
    return undefined;
  }
  const token = (await callOnce('get_token', { service, account }))?.['access_token'];
  // A line break would start another header; the whole program explains that.
  if (typeof token !== 'string' || (asHeader && /[\r\n]/.test(token))) return undefined;
  return `${asHeader ? 'Authorization: Bearer ' : ''}${token}\n`;
}

async function resolve([reference, ...more]: readonly string[]): Promise<string | undefined> {
  if (reference === undefined || more.length > 0 || !looksLikeReference(reference, 'inherited'))
    return undefined;
  const answer = await callOnce('resolve', { reference });
  return answer?.['encoding'] === 'utf8' && typeof answer['value'] === 'string'
    ? `${answer['value']}\n`
    : undefined;
}
