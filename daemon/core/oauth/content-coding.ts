import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** What an answer may unpack to, in bytes: a token answer is small, and a bomb must not fill the memory. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;
/** Bodies that were packed twice exist, by a server and again by what stands before it. */
const MOST_LAYERS = 3;

/**
 * The body as it was before it was packed (RFC 9110, section 8.4). The header is a hint and no more: a server may pack
 * without saying so, and say so without packing. What cannot be unpacked is returned as it came.
 */
export function unpacked(body: Buffer, codings: string | null): Buffer {
  const named = (codings ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  const byHeader = named.reverse().reduce(unpackedBy, body);
  let bytes = byHeader;
  for (let layer = 0; layer < MOST_LAYERS && isGzip(bytes); layer++) {
    const inner = tried(() => gunzipSync(bytes, LIMIT));
    if (!inner) break;
    bytes = inner;
  }
  return bytes;
}

const LIMIT = { maxOutputLength: MAX_UNPACKED_BYTES };

function unpackedBy(bytes: Buffer, coding: string): Buffer {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return tried(() => gunzipSync(bytes, LIMIT)) ?? bytes;
    case 'br':
      return tried(() => brotliDecompressSync(bytes, LIMIT)) ?? bytes;
    case 'deflate':
      // With the zlib frame as the standard says, or without it as some servers do.
      return tried(() => inflateSync(bytes, LIMIT)) ?? tried(() => inflateRawSync(bytes, LIMIT)) ?? bytes;
    default:
      return bytes;
  }
}

/** RFC 1952, section 2.3.1: no text in any of the encodings of JSON begins so. */
function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function tried(unpack: () => Buffer): Buffer | undefined {
  try {
    return unpack();
  } catch {
    return undefined;
  }
}
