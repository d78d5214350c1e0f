import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** What an answer may unpack to, in bytes: a token answer is small, and a bomb must not fill the memory. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;
/** Bodies that were packed twice exist, by a server and again by what stands before it. A header may name thousands. */
const MOST_LAYERS = 3;

const LIMIT = { maxOutputLength: MAX_UNPACKED_BYTES };

/**
 * The body as it was before it was packed (RFC 9110, section 8.4). The header is a hint and no more: a server may pack
 * without saying so, and say so without packing. What cannot be unpacked is returned as it came.
 */
export function unpacked(body: Buffer, codings: string | null): Buffer {
  const named = (codings ?? '').split(',', MOST_LAYERS).map((coding) => coding.trim().toLowerCase());
  let bytes = named.reverse().reduce(unpackedBy, body);
  for (let layer = 0; layer < MOST_LAYERS && !beginsLikeText(bytes); layer++) {
    const inner = gunzipped(bytes) ?? tried(inflateSync, bytes) ?? tried(brotliDecompressSync, bytes);
    if (!inner) break;
    bytes = inner;
  }
  return bytes;
}

function unpackedBy(bytes: Buffer, coding: string): Buffer {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipped(bytes) ?? bytes;
    case 'br':
      return tried(brotliDecompressSync, bytes) ?? bytes;
    case 'deflate':
      // With the zlib frame as the standard says, or without it as some servers do.
      return tried(inflateSync, bytes) ?? tried(inflateRawSync, bytes) ?? bytes;
    default:
      return bytes;
  }
}

/** Two characters of ASCII, one of them in UTF-16, or a byte-order mark. Nothing that is packed begins so. */
function beginsLikeText(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  const isAscii = (byte: number): boolean =>
    byte === 0 || (byte >= 0x09 && byte <= 0x0d) || isPrintable(byte);
  return first >= 0xef || (isAscii(first) && isAscii(second));
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}

/** RFC 1952, section 2.3: the head of a gzip file without a name. */
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0]);
const GZIP_HEAD_BYTES = 10;

/** Gzip, also with something behind it, and without its checksum if a whole object came: lengths are counted wrongly. */
function gunzipped(bytes: Buffer): Buffer | undefined {
  const whole = tried(gunzipSync, bytes);
  if (whole || !bytes.subarray(0, GZIP_HEAD.length).equals(GZIP_HEAD)) return whole;
  const begun = tried(inflateRawSync, bytes.subarray(GZIP_HEAD_BYTES), {
    ...LIMIT,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  return begun?.toString('latin1').trimEnd().endsWith('}') ? begun : undefined;
}

function tried<O extends object>(
  unpack: (bytes: Buffer, options: O | typeof LIMIT) => Buffer,
  bytes: Buffer,
  options: O | typeof LIMIT = LIMIT,
): Buffer | undefined {
  try {
    return unpack(bytes, options);
  } catch {
    return undefined;
  }
}
