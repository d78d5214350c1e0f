/** The head of an answer: everything before its body. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
}

/** `HTTP/1.1 200 OK`; the reason and the version may be missing, and the version is whatever the server thinks it speaks. */
const STATUS_LINE = /^HTTP(?:\/[\d.]+)?[ \t]+(\d{3})(?!\d)/i;

/** The status of a status line, or `undefined` if the line is something else. */
export function statusOf(line: string): number | undefined {
  const [, status] = STATUS_LINE.exec(line) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** The fields of header lines (RFC 9112, section 5). Any other line is passed over: none is worth a token. */
export function headersOf(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of unfolded(lines)) {
    const colon = line.indexOf(':');
    try {
      if (colon > 0) headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    } catch {
      // A name or a value that no header can have.
    }
  }
  return headers;
}

/** A line that begins with white space belongs to the one before it (RFC 9112, section 5.2). */
function unfolded(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const last = whole.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) whole[last] += ` ${line.trim()}`;
    else whole.push(line);
  }
  return whole;
}

/** How the end of a body is known (RFC 9112, section 6.3): by its chunks, by its bytes, or by the end of the connection. */
export type Framing = 'chunked' | number | 'to the end';

/** Lengths that contradict each other, and what is not a length, count as missing. */
export function framingOf({ status, headers }: AnswerHead): Framing {
  if (status === 204 || status === 304) return 0;
  if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) return 'chunked';
  const lengths = new Set((headers.get('content-length') ?? '').split(',').map((length) => length.trim()));
  const [length = ''] = lengths;
  return lengths.size === 1 && /^\d{1,15}$/.test(length) ? Number(length) : 'to the end';
}
