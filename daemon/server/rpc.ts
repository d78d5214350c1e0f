import { type JSONRPCErrorResponse, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';
import { SigilforgeError } from '../../shared/errors.js';
import { isRecord } from '../../shared/json.js';
import { asReported, type FaultLog, logFault } from '../core/platform/faults.js';
import { type Admission, createAdmission } from '../handlers/admission.js';
import type { Peer } from '../handlers/handlers.js';
import {
  assertBatchSize,
  assertDepth,
  assertRequest,
  batchAnswersTooLong,
  idOf,
  MAX_BATCH_ANSWERS,
  parseLine,
  type Request,
  type RequestId,
} from './envelope.js';
import { defaultLimits, type Limits } from './limits.js';
import type { WireMethods } from './methods.js';
import { type Pace, paceOf } from './paces.js';

/** The peer of a connection. */
export interface Caller extends Peer {
  /** Throws if the connection may not call this method now, whether there is such a method or not. */
  assertMayCall(method: string): void;
}

/** One request of a line. */
export interface Call {
  readonly pace: Pace;
  /** The answer as JSON text, `undefined` if there is none. Never throws, and never rejects. */
  run(): PromiseLike<string | undefined>;
}

/** What a line asks for: one call, or the calls of a batch, whose answers go out together (JSON-RPC 2.0, section 6). */
export interface Dispatched {
  readonly calls: readonly Call[];
  readonly isBatch: boolean;
  /** Whether the line is JSON, whatever it says. */
  readonly isJson: boolean;
}

/** Reads one line from a client, `null` for a line that is not UTF-8. Never throws: a mistake is a call that fails. */
export type Dispatcher = (line: string | null, caller: Caller) => Dispatched;

/** Serves `methods` as JSON-RPC 2.0. `admission` is asked before anything else about a request. */
export function createDispatcher(
  methods: WireMethods,
  log: FaultLog,
  admission: Admission = createAdmission({ isApiKey: () => false }),
  limits: Pick<Limits, 'batch' | 'depth'> = defaultLimits,
): Dispatcher {
  const server = createServer(methods, log);
  const encode = (answer: JSONRPCResponse | null) => encodeAnswer(answer, log);

  function receive(message: unknown, caller: Caller): PromiseLike<JSONRPCResponse | null> {
    try {
      assertRequest(message);
      if (!admission.admits(message.method, message.params, caller.rights)) return denied(message, caller);
      caller.assertMayCall(message.method);
    } catch (thrown) {
      return Promise.resolve(failure(idOf(message), thrown, log));
    }
    return server.receive(message, caller);
  }

  function denied({ id, method, params }: Request, caller: Caller): PromiseLike<JSONRPCErrorResponse | null> {
    const refusal = admission.refuse(method, params, caller);
    return Promise.resolve(id === undefined ? null : failure(id, refusal, log));
  }

  /** What is denied waits behind nothing. */
  function paceFor(message: unknown, { rights }: Caller): Pace {
    const pace = paceOf(message);
    if (pace === 'light' || !isRecord(message)) return pace;
    return admission.admits(String(message['method']), message['params'], rights) ? pace : 'light';
  }

  const call = (message: unknown, caller: Caller): Call => ({
    pace: paceFor(message, caller),
    run: () => receive(message, caller).then(encode),
  });

  /** The calls of a batch. Once the answers are too long together, the other calls are not made, and are told so. */
  function batch(messages: readonly unknown[], caller: Caller): Call[] {
    let bytes = 0;
    const counted = (answer: string | undefined): string | undefined => {
      bytes += answer?.length ?? 0;
      return answer;
    };
    return messages.map((message) => {
      const { pace, run } = call(message, caller);
      const refuse = () => Promise.resolve(encode(failure(idOf(message), batchAnswersTooLong(), log)));
      const mayBeLong = isRecord(message) && message['id'] !== undefined;
      return { pace, run: () => (mayBeLong && bytes > MAX_BATCH_ANSWERS ? refuse() : run().then(counted)) };
    });
  }

  function refused(thrown: unknown, id: RequestId): Call[] {
    const answer = encode(failure(id, thrown, log));
    return [{ pace: 'light', run: () => Promise.resolve(answer) }];
  }

  return (line, caller) => {
    let isJson = false;
    let message: unknown;
    try {
      // Read once: rights and handlers are given the same value. Of names that are there twice it has the last one.
      message = parseLine(line);
      isJson = true;
      assertDepth(message, limits.depth);
      if (!Array.isArray(message)) return { isJson, isBatch: false, calls: [call(message, caller)] };
      assertBatchSize(message, limits.batch);
      return { isJson, isBatch: true, calls: batch(message, caller) };
    } catch (thrown) {
      return { isJson, isBatch: false, calls: refused(thrown, idOf(message)) };
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
  // `null` stands for parameters that are left out.
  for (const [name, method] of methods) {
    server.addMethod(name, (params, peer) => method(params ?? undefined, peer));
  }
  return server;
}

function failure(id: RequestId, thrown: unknown, log: FaultLog): JSONRPCErrorResponse {
  return { jsonrpc: '2.0', id, error: asReported(thrown, log).toWire() };
}

function encodeAnswer(answer: JSONRPCResponse | null, log: FaultLog): string | undefined {
  if (answer === null) return undefined;
  try {
    return JSON.stringify(answer);
  } catch (thrown) {
    logFault(thrown, 'rpc.failed', log);
    return JSON.stringify(failure(answer.id, thrown, log));
  }
}
