import { readFile } from 'node:fs/promises';
import { builtFile } from '../../shared/built-file.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { missingFile } from '../../shared/errors.js';
import { isRecord, parseJson } from '../../shared/json.js';

type OpenRpc = ResultOf<'rpc.discover'>;

let document: OpenRpc | undefined;

/** The contract as an OpenRPC document, which the build writes (tests/build/openrpc.ts). Read when first asked for. */
export async function openRpcDocument(): Promise<OpenRpc> {
  document ??= await readDocument(builtFile('openrpc.json'));
  return document;
}

/** Throws `incompatible` if the file is missing or damaged. */
export async function readDocument(file: string): Promise<OpenRpc> {
  const parsed = parseJson(await readFile(file, 'utf8').catch(() => ''));
  if (isRecord(parsed)) return parsed;
  throw missingFile(file);
}
