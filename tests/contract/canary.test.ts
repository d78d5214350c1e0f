import type * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Logger, silentLogger } from '../../daemon/core/platform/log.js';
import { contractMethods } from '../../daemon/server/methods.js';
import { createDispatcher } from '../../daemon/server/rpc.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { aPeer } from '../support/start/peers.js';
import { stubHandlers } from '../support/start/stub-handlers.js';

/** Fits no name, address or number, and looks like the credentials that people paste into the wrong place. */
const CANARY = 'Xq7zLeak!\u2028 ghp_0123456789abcdef';

const shapes: [string, unknown][] = [
  ['text', CANARY],
  ['a long text', CANARY.repeat(4000)],
  ['in a list', [CANARY]],
  ['in a list of lists', [[CANARY], [[CANARY]]]],
  ['as a value', { value: CANARY }],
  ['as a key', { [CANARY]: CANARY }],
  ['as a credential', { api_key: [CANARY], refresh_token: CANARY, private_key: CANARY }],
];

/** Parameters that pass, so that the fault is in one place alone. */
const good: Record<string, unknown> = {
  service: 'example',
  account: 'work',
  // A UUID is a provider's name as well.
  id: '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d',
  flow_id: '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d',
  subscription: '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d',
  redirect_url: 'http://127.0.0.1/callback',
  reference: 'auth://example/work/token',
  topics: ['accounts'],
  level: 'info',
  key: 'example',
  value: 'x',
  password: 'x',
  grants: ['auth://example/work/token'],
  door: 'aaaaaaaaaaaaaaaa',
  path: '/home/me/weather',
  name: 'weather',
  active: true,
  grant: 'auth://example/work/token',
  run_id: '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d',
  task: 'x',
  role: 'assistant',
  content: 'x',
  number: 1,
  secrets: [{ name: 'API_KEY' }],
  request_id: '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d',
  values: { API_KEY: 'x' },
  reason: 'x',
  proposal_id: '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d',
};

const said: string[] = [];
const record = (...entry: unknown[]) => void said.push(JSON.stringify(entry));
const log: Logger = { ...silentLogger, debug: record, info: record, warn: record, error: record };
const dispatch = createDispatcher(
  contractMethods(
    stubHandlers({
      resolve: ({ reference }) => {
        throw new Error(`no ${reference}`);
      },
    }),
  ),
  log,
);
const peer = aPeer();

async function answerTo(message: unknown): Promise<string> {
  const { calls } = dispatch(typeof message === 'string' ? message : JSON.stringify(message), peer);
  const answers = await Promise.all(calls.map((call) => call.run()));
  return answers.join();
}

function requiredOf(method: MethodName): Record<string, unknown> {
  const entries: v.ObjectEntries = contract[method].params.entries;
  const required = Object.entries(entries).filter(([, { type }]) => type !== 'optional');
  return Object.fromEntries(required.map(([name]) => [name, good[name]]));
}

/** Every request that carries the canary in one parameter of `method`, by name and by position. */
function requestsWith(method: MethodName, value: unknown): object[] {
  const names = Object.keys(contract[method].params.entries);
  const required = requiredOf(method);
  const requests = names.flatMap((name, index) => [
    { ...required, [name]: value },
    [...names.slice(0, index).map((before) => good[before] ?? 'x'), value],
  ]);
  const beyond = [...names.map((name) => good[name] ?? 'x'), value];
  return [...requests, { ...required, unknown: value }, { ...required, [CANARY]: value }, beyond, [value]];
}

function expectNoCanary(answer: string): void {
  expect(answer).not.toMatch(/Xq7zLeak|ghp_/);
  expect(said.join('\n')).not.toMatch(/Xq7zLeak|ghp_/);
}

test('every required parameter of the contract has a value that passes', async () => {
  for (const method of methodNames) {
    const answer = await answerTo({ jsonrpc: '2.0', id: 1, method, params: requiredOf(method) });
    expect(answer, method).not.toContain('invalid_params');
  }
});

describe.each(methodNames)('an error of %s repeats nothing', (method) => {
  test.each(shapes)('%s', async (_, value) => {
    for (const params of requestsWith(method, value)) {
      const answer = await answerTo({ jsonrpc: '2.0', id: 1, method, params });
      if (answer.includes('"error"')) expectNoCanary(answer);
    }
    const beyond = { jsonrpc: '2.0', id: 1, method, params: { ...requiredOf(method), unknown: value } };
    expect(await answerTo(beyond)).toContain('"invalid_params"');
  });
});

describe('an error of the envelope repeats nothing', () => {
  test.each<[string, unknown]>([
    ['the method', { jsonrpc: '2.0', id: 1, method: CANARY }],
    ['the version', { jsonrpc: CANARY, id: 1, method: 'status' }],
    ['an id that is none', { jsonrpc: '2.0', id: { a: CANARY }, method: 'status' }],
    ['parameters that are none', { jsonrpc: '2.0', id: 1, method: 'status', params: CANARY }],
    ['a result', { jsonrpc: '2.0', id: 1, method: 'status', result: CANARY }],
    ['text', JSON.stringify(CANARY)],
    ['no JSON', `{"jsonrpc":"2.0","params":{"password":"${CANARY}`],
    ['no JSON, short', `${CANARY}`],
    ['a batch', [CANARY, [CANARY], { [CANARY]: CANARY }]],
    ['a batch too long', Array.from({ length: 65 }, () => CANARY)],
  ])('%s', async (_, message) => {
    const answer = await answerTo(message);
    expect(answer).toContain('"error"');
    expectNoCanary(answer);
  });

  test('a fault of a handler', async () => {
    const params = { reference: CANARY };
    const answer = await answerTo({ jsonrpc: '2.0', id: 1, method: 'resolve', params });
    expect(answer).toContain('internal_error');
    expect(said).not.toHaveLength(0);
    expectNoCanary(answer);
  });
});
