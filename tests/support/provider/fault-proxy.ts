import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { listenOnLoopback, pathOf, readBody } from '../wire/loopback.js';
import type { Answer, Exchange, Fault } from './faults.js';

/** Which requests a fault is for; what is left out fits every request. */
interface Match {
  readonly path?: string;
  readonly grantType?: string;
  /** How many requests it is for, one after the other: one, unless told otherwise. */
  readonly times?: number;
}

/** A fault that waits for its requests. */
export interface PlannedFault {
  /** Resolves when the first request for it has arrived. */
  readonly reached: Promise<void>;
  /** Takes it back. */
  cancel(): void;
}

interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly grantType: string | null;
}

export interface FaultProxy {
  readonly url: string;
  /** Every request that arrived here, whether or not it was passed on. */
  readonly requests: readonly ProxiedRequest[];
  /** Plans a fault. The oldest one that fits a request is the one that happens. */
  plan(fault: Fault, match?: Match): PlannedFault;
  /** Sends everything to another target from now on. */
  pointAt(target: string): void;
  stop(): Promise<void>;
}

interface Plan extends Match {
  readonly fault: Fault;
  readonly reach: () => void;
  left: number;
}

/** An http proxy that passes everything on as it is, except where a test plans a fault. */
export async function startFaultProxy(target = ''): Promise<FaultProxy> {
  const plans = new Set<Plan>();
  const requests: ProxiedRequest[] = [];
  let address = target;
  const server = await listenOnLoopback(async (request, response) => {
    const body = await readBody(request);
    const seen = describe(request, body);
    requests.push(seen);
    const fault = take(plans, seen) ?? passOn;
    await fault(exchangeOf(request, body, response, address));
  });
  return {
    url: server.url,
    requests,
    plan: (fault, match = {}) => addPlan(plans, fault, match),
    pointAt(next) {
      address = next;
    },
    stop: () => server.stop(),
  };
}

const passOn: Fault = async (exchange) => exchange.send(await exchange.forward());

function describe(request: IncomingMessage, body: string): ProxiedRequest {
  const grantType = new URLSearchParams(body).get('grant_type');
  return { method: request.method ?? '', path: pathOf(request), grantType };
}

function addPlan(plans: Set<Plan>, fault: Fault, match: Match): PlannedFault {
  let reach = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const plan: Plan = { ...match, fault, reach, left: match.times ?? 1 };
  plans.add(plan);
  return { reached, cancel: () => void plans.delete(plan) };
}

function take(plans: Set<Plan>, { path, grantType }: ProxiedRequest): Fault | undefined {
  for (const plan of plans) {
    if (plan.path !== undefined && plan.path !== path) continue;
    if (plan.grantType !== undefined && plan.grantType !== grantType) continue;
    plan.left -= 1;
    if (plan.left <= 0) plans.delete(plan);
    plan.reach();
    return plan.fault;
  }
  return undefined;
}

function exchangeOf(
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
  target: string,
): Exchange {
  return {
    forward: () => forward(request, body, target),
    send({ status, headers, body: text }) {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
    },
    sendHalf({ status, headers, body: text }) {
      const bytes = Buffer.from(text);
      response.writeHead(status, { ...headers, 'content-length': bytes.length });
      response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy());
    },
    sendBytes(bytes, after) {
      const { socket } = request;
      socket.write(bytes, () => {
        if (after === 'end') socket.end();
        if (after === 'reset') socket.resetAndDestroy();
      });
    },
    cut: () => void request.socket.destroy(),
  };
}

/** On a connection of its own, so that nothing but the target decides what becomes of the request. */
function forward(request: IncomingMessage, body: string, target: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, headers } = request;
    const onward = send(new URL(request.url ?? '/', target), { method, headers, agent: false }, (answer) => {
      readBody(answer).then((text) => {
        resolve({ status: answer.statusCode ?? 502, headers: endToEnd(answer.headers), body: text });
      }, reject);
    });
    onward.once('error', reject);
    onward.end(body);
  });
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

function endToEnd(headers: IncomingMessage['headers']): Answer['headers'] {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}
