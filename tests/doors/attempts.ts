import { methodTexts } from '../../shared/contract/docs/index.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import type { DoorScene } from './scene.js';

/** A call of something that is not granted: the name of the method, and the parameters as JSON text. */
export interface Attempt {
  readonly method: string;
  /** `undefined` for none at all. */
  readonly params: string | undefined;
}

/** These answer everyone: whatever they are asked, it is not `denied`. */
const FOR_EVERYONE: readonly MethodName[] = ['status', 'restrict', 'expect_leaving'];

/** What no method has as parameters, and no account, secret or reference that is granted. */
const ODD = [
  undefined,
  'null',
  '{}',
  '[]',
  '{"unknown":1}',
  '{"__proto__":{"service":"oauth","account":"granted","key":"team/granted"}}',
  '{"service":null,"account":null,"reference":null,"key":null}',
  '{"service":{},"account":[],"reference":1,"key":true}',
  '[null,null]',
  '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]',
  '["oauth","granted",1,true,"x","one too many"]',
  '["team/granted","one too many"]',
];

/** Calls of one method of the contract, so that one that is added is tried too. */
function ofMethod(method: MethodName): Attempt[] {
  if (FOR_EVERYONE.includes(method)) return [];
  const { params } = methodTexts[method].example;
  const named = Object.keys(contract[method].params.entries);
  const given: Readonly<Record<string, unknown>> = { ...params };
  const byPosition = named.map((name) => given[name] ?? null);
  // What is granted names an account, so these topics are granted; without them it is not a call of `subscribe`.
  const right = method === 'subscribe' ? [] : [JSON.stringify(params), JSON.stringify(byPosition)];
  const odd = method === 'subscribe' ? ODD.filter((one) => !one?.startsWith('{') && !isShort(one)) : ODD;
  return [...right, ...odd].map((text) => ({ method, params: text }));
}

function isShort(params: string | undefined): boolean {
  return params === '[]' || params === '["team/granted","one too many"]';
}

const UNKNOWN = ['nope', '', ' get_token', 'GET_TOKEN', 'get_token ', 'rpc.', 'rpc.nope', '__proto__'].concat(
  ['constructor', 'toString', 'hasOwnProperty', 'event', '\u0000', 'x'.repeat(10_000)],
);

/** References that are not granted, in every form that there is. */
const REFERENCES = [
  ...['other', 'absent'].flatMap((account) =>
    ['token', 'access_token', 'id_token', 'api_key', 'client_id', 'client_secret', 'refresh_token'].flatMap(
      (type) => ['oauth', 'keys', 'absent'].map((service) => `auth://${service}/${account}/${type}`),
    ),
  ),
  ...[
    'api_key',
    'client_id',
    'client_secret',
    'refresh_token',
    'id_token',
    'instance_url',
    'private_key',
    '',
  ].map((type) => `auth://oauth/granted/${type}`),
  ...['token', 'client_id'].map((type) => `auth://keys/granted/${type}`),
  ...['auth://*/*/token', 'auth://oauth/*/token', 'auth://oauth/granted/*', 'auth://oauth/GRANTED/token'],
  ...['auth://oauth/granted/token/', 'auth:///granted/token', 'AUTH://oauth/granted/token', 'auth://'],
  ...[
    'secret://team/other',
    'secret://team/absent',
    'secret://team',
    'secret://team/*',
    'secret://*/granted',
  ],
  ...['secret://team/granted/', 'secret:///team/granted', 'secret://team/granted/x', 'secret://Team/granted'],
  ...['env://PATH', 'env://SIGILFORGE_SECRET_TEAM_GRANTED', 'env://ABSENT', 'env://'],
  ...[
    'vals:ref+echo://other',
    'ref+echo://other',
    'vals:ref+echo://granted/../other',
    'ref+echo://granted#/x',
  ],
  ...['vals:', 'ref+', 'nothing', '', 'x'.repeat(10_000)],
];

/** Names of what exists and of what does not, side by side. */
function guesses({ ids }: DoorScene): Attempt[] {
  const names = ['other', 'absent'];
  const absent = '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d';
  const of = (method: MethodName, params: object): Attempt => ({ method, params: JSON.stringify(params) });
  const accounts = ['oauth', 'keys', 'absent'].flatMap((service) =>
    names.map((account) => ({ service, account })),
  );
  const methods = ['get_token', 'token_info', 'get_account', 'refresh_token', 'remove_account'] as const;
  return [
    ...methods.flatMap((method) => accounts.map((account) => of(method, account))),
    ...accounts.map(({ service, account }) => of('get_token', [service, account])),
    ...(['get_account', 'refresh_token', 'remove_account'] as const).map((method) =>
      of(method, { service: 'oauth', account: 'granted' }),
    ),
    // An API key that is granted is not the token of an account of another kind, and of no account.
    of('get_token', { service: 'oauth', account: 'granted/token' }),
    of('get_token', { service: 'oauth/granted', account: 'token' }),
    of('get_token', { service: '*', account: '*' }),
    ...['team/other', 'team/absent', 'team/*', '*', '../team/granted'].map((key) =>
      of('get_secret', { key }),
    ),
    ...['team/granted', 'team/absent'].map((key) => of('delete_secret', { key })),
    ...['team/granted', 'team/absent'].map((key) => of('set_secret', { key, value: 'changed' })),
    ...['oauth', 'github', 'absent'].map((id) => of('get_provider', { id })),
    ...['oauth', 'absent'].map((id) => of('remove_provider', { id })),
    ...[ids.flow, absent].flatMap((flow_id) => [
      of('wait_flow', { flow_id, timeout_s: 0 }),
      of('cancel_flow', { flow_id }),
      of('complete_flow', { flow_id, redirect_url: 'http://127.0.0.1/?code=x' }),
    ]),
    ...[ids.subscription, absent].map((subscription) => of('unsubscribe', { subscription })),
    ...[ids.door, 'aaaaaaaaaaaaaaaa'].map((door) => of('close_door', { door })),
    ...[ids.door, 'aaaaaaaaaaaaaaaa'].map((door) => of('open_door', { grants: [], door })),
    ...REFERENCES.flatMap((reference) => [
      of('resolve', { reference }),
      of('resolve', { reference, explain: true }),
      of('resolve', [reference]),
    ]),
  ];
}

/** Everything that a program may try beyond what it was granted. */
export function attempts(scene: DoorScene): Attempt[] {
  const unknown = UNKNOWN.flatMap((method) => ODD.map((params) => ({ method, params })));
  return [...methodNames.flatMap(ofMethod), ...unknown, ...guesses(scene)];
}

/** The request as a line, with an id if it is to be answered. */
export function lineOf({ method, params }: Attempt, id?: number): string {
  const parts = ['"jsonrpc":"2.0"', `"method":${JSON.stringify(method)}`];
  if (params !== undefined) parts.push(`"params":${params}`);
  if (id !== undefined) parts.push(`"id":${id}`);
  return `{${parts.join(',')}}`;
}
