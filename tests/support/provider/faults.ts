/** An answer as it travels. Its length is counted when it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/** An answer as it is sent: with bytes that are no text, too. */
export type SentAnswer = Omit<Answer, 'body'> & { readonly body: string | Buffer };

/** One request at the proxy, and what can be done with it. */
export interface Exchange {
  /** Delivers the request to the target, whole, and takes its whole answer. */
  forward(): Promise<Answer>;
  send(answer: SentAnswer): void;
  /** Sends the head and the first half of the body, and cuts the connection. */
  sendHalf(answer: Answer): void;
  /** Sends bytes that need not be HTTP. Afterwards the connection ends, is reset, or stays open. */
  sendBytes(bytes: Buffer, after: AfterBytes): void;
  cut(): void;
}

export type AfterBytes = 'end' | 'reset' | 'stay';

/** What becomes of a request at the proxy. */
export type Fault = (exchange: Exchange) => Promise<void> | void;

/** The connection ends before the request reaches the target. */
export const cutBefore: Fault = (exchange) => exchange.cut();

/** The target has done what it was asked; its answer never comes. */
export const cutAfter: Fault = async (exchange) => {
  await exchange.forward();
  exchange.cut();
};

/** The target has done what it was asked; half its answer comes. */
export const halfAnswer: Fault = async (exchange) => exchange.sendHalf(await exchange.forward());

/** The target is not asked; this comes instead. An object is sent as JSON. */
export function answerWith(
  status: number,
  body: string | object = '',
  headers: Record<string, string> = {},
): Fault {
  const answer =
    typeof body === 'string'
      ? { status, headers, body }
      : { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
  return (exchange) => exchange.send(answer);
}

/** The device grant's answer to a client that polls too often (RFC 8628, section 3.5). */
export const slowDown: Fault = answerWith(400, { error: 'slow_down' });

/** The request waits for `signal` before it goes to the target. */
export function holdRequest(signal: Promise<unknown>): Fault {
  return async (exchange) => {
    await signal;
    exchange.send(await exchange.forward());
  };
}

/** The target has done what it was asked; its answer waits for `signal`. */
export function holdAnswer(signal: Promise<unknown>): Fault {
  return async (exchange) => {
    const answer = await exchange.forward();
    await signal;
    exchange.send(answer);
  };
}

/** The target's answer, changed as a whole: its status, say. */
export function changeAnswer(change: (answer: Answer) => SentAnswer): Fault {
  return async (exchange) => exchange.send(change(await exchange.forward()));
}

/** The target's JSON answer, changed. A member set to `undefined` is left out. */
export function changeJson(change: (json: Record<string, unknown>) => unknown): Fault {
  return changeAnswer((answer) => ({ ...answer, body: JSON.stringify(change(JSON.parse(answer.body))) }));
}

/** The target's answer in bytes that a test writes, from the text of its body. */
export function writeBytes(write: (body: string) => string, after: AfterBytes = 'end'): Fault {
  return async (exchange) => {
    const { body } = await exchange.forward();
    exchange.sendBytes(Buffer.from(write(body), 'latin1'), after);
  };
}
