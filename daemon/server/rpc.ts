import { type JSONRPCErrorResponse, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';
import { SigilforgeError } from '../../shared/errors.js';
import { isRecord } from '../../shared/json.js';
import { asReported, type FaultLog, logFault } from '../core/platform/faults.js';
import type { Peer } from '../handlers/handlers.js';
import { assertBatchSize, assertRequest, idOf, parseLine, type RequestId } from './envelope.js';
import type { WireMethods } from './methods.js';

/** A line that is being answered. */
export interface Dispatched {
  /** How many of its requests count against the connection's limit of requests in flight. */
  readonly running: number;
  /** How many of its requests wait for an event, with no limit in time. */
  readonly waiting: number;
  /** The answer as JSON text, `undefined` if there is none. Never rejects. */
  readonly answer: PromiseLike<string | undefined>;
}

/** Takes one line from a client, `null` for a line that is not UTF-8. Never throws. */
export type Dispatcher = (line: string | null, peer: Peer) => Dispatched;

type Answer = JSONRPCResponse | JSONRPCResponse[] | null;

const WAITING_METHODS = new Set<unknown>(['wait_flow', 'subscribe']);

/** Serves `methods` as JSON-RPC 2.0. */
export function createDispatcher(methods: WireMethods, log: FaultLog): Dispatcher {
  const server = createServer(methods, log);
  const encode = (answer: Answer) => encodeAnswer(answer, log);

  function receive(message: unknown, peer: Peer): PromiseLike<JSONRPCResponse | null> {
    try {
      assertRequest(message);
    } catch (thrown) {
      return Promise.resolve(failure(idOf(message), thrown, log));
    }
    return server.receive(message, peer);
  }

  async function receiveBatch(batch: readonly unknown[], peer: Peer): Promise<Answer> {
    const answers = await Promise.all(batch.map((message) => receive(message, peer)));
    const given = answers.filter((answer) => answer !== null);
    return given.length === 0 ? null : given;
  }

  return (line, peer) => {
    try {
      const message = parseLine(line);
      if (!Array.isArray(message)) {
        const waiting = isWaiting(message) ? 1 : 0;
        return { running: 1 - waiting, waiting, answer: receive(message, peer).then(encode) };
      }
      assertBatchSize(message);
      const waiting = message.filter(isWaiting).length;
      const answer = receiveBatch(message, peer).then(encode);
      return { running: message.length - waiting, waiting, answer };
    } catch (thrown) {
      return { running: 1, waiting: 0, answer: Promise.resolve(encode(failure(null, thrown, log))) };
    }
  };
}

/** json-rpc-2.0 with both of its leaks closed: by default it prints whole errors and sends the text of any error. */
function createServer(methods: WireMethods, log: FaultLog): JSONRPCServer<Peer> {
  const server = new JSONRPCServer<Peer>({
    errorListener: (_message, thrown) => logFault(thrown, 'call.failed', log),
  });
  server.mapErrorToJSONRPCErrorResponse = (id, thrown) => failure(id, thrown, log);
  server.handleMethodNotFound = async ({ id }) =>
    id === undefined
      ? null
      : failure(id, new SigilforgeError('method_not_found', 'There is no such method.'), log);
  for (const [name, method] of methods) server.addMethod(name, method);
  return server;
}

function failure(id: RequestId, thrown: unknown, log: FaultLog): JSONRPCErrorResponse {
  return { jsonrpc: '2.0', id, error: asReported(thrown, log).toWire() };
}

function encodeAnswer(answer: Answer, log: FaultLog): string | undefined {
  if (answer === null) return undefined;
  try {
    return JSON.stringify(answer);
  } catch (thrown) {
    logFault(thrown, 'rpc.failed', log);
    return JSON.stringify(
      Array.isArray(answer)
        ? answer.map(({ id }) => failure(id, thrown, log))
        : failure(answer.id, thrown, log),
    );
  }
}

function isWaiting(message: unknown): boolean {
  return isRecord(message) && WAITING_METHODS.has(message['method']);
}
