import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { check } from '../../../shared/validate.js';
import { newId } from '../platform/id.js';
import { place, type VaultPlace } from '../sealing/places.js';
import { open, seal } from '../sealing/sealing.js';
import { Argon2Params } from '../vault/slots/argon2.js';
import { newPasswordParams, passwordKey } from '../vault/slots/password.js';
import { Content, type ExportedContent, type ImportedContent, nameIn } from './content.js';

/** The first line of the file, in JSON; the sealed content follows it. Both are authenticated together. */
const Header = v.strictObject({
  format: v.literal('sigilforge export'),
  version: v.literal(1),
  created_at: v.string(),
  kdf: Argon2Params,
});

/** Content as the bytes of a file that only the passphrase opens. `createdAt`: ISO 8601. */
export async function encodeExport(
  content: ExportedContent,
  passphrase: string,
  createdAt: string,
): Promise<Buffer> {
  const kdf = newPasswordParams();
  const header = { format: 'sigilforge export', version: 1, created_at: createdAt, kdf };
  const line = `${JSON.stringify(header)}\n`;
  const key = await passwordKey(passphrase, kdf);
  return Buffer.concat([
    Buffer.from(line),
    seal(key, newId(), placeOf(line), Buffer.from(JSON.stringify(content))),
  ]);
}

/** Throws `integrity` if it is not an exported file, `incompatible` if another version wrote it, `denied` if the passphrase is wrong or the file was changed. */
export async function decodeExport(bytes: Buffer, passphrase: string): Promise<ImportedContent> {
  const end = bytes.indexOf('\n') + 1;
  const line = bytes.toString('utf8', 0, end);
  const { kdf } = readHeader(line);
  const key = await passwordKey(passphrase, kdf);
  const text = opened(key, line, bytes.subarray(end)).toString('utf8');
  return readContent(readJson(text));
}

/** Throws `integrity`, naming what is damaged. */
function readContent(value: unknown): ImportedContent {
  const checked = check(Content, value);
  if ('output' in checked) return checked.output;
  const { path, sentence } = checked.fault;
  const name = nameIn(value, path);
  const place = name === undefined ? '' : ` (${name})`;
  throw new SigilforgeError('integrity', `the exported file: ${sentence}${place}.`, {
    hint: 'Nothing was imported. Export again from the vault that it came from, without what is damaged there.',
  });
}

function placeOf(line: string): VaultPlace {
  return { vault: line, ...place.export() };
}

function opened(key: Buffer, line: string, sealed: Buffer): Buffer {
  try {
    return open(key, placeOf(line), sealed);
  } catch (cause) {
    const sentence = 'This passphrase does not open the file, or the file was changed.';
    throw new SigilforgeError('denied', sentence, {
      hint: 'Try again with the passphrase of the export.',
      cause,
    });
  }
}

function readHeader(line: string): v.InferOutput<typeof Header> {
  const value = readJson(line);
  if (!v.is(v.object({ format: Header.entries.format }), value)) throw notExported();
  if (!v.is(v.object({ version: Header.entries.version }), value)) {
    throw new SigilforgeError('incompatible', 'Another version of Sigilforge has exported this file.', {
      hint: 'Import it with the version that exported it, or a newer one.',
    });
  }
  const checked = check(Header, value);
  if ('output' in checked) return checked.output;
  throw new SigilforgeError('integrity', `the header of the exported file: ${checked.fault.sentence}.`, {
    hint: 'Nothing was imported. Export again from the vault that it came from.',
  });
}

function readJson(text: string): unknown {
  const value = parseJson(text);
  if (value !== undefined) return value;
  throw notExported();
}

function notExported(): SigilforgeError {
  return new SigilforgeError('integrity', 'This is not a file that sigilforge vault export has written.', {
    hint: 'Name the file that was exported.',
  });
}
