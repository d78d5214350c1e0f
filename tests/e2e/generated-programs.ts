// Programs of users, on top of what a generator made of the OpenRPC document. Both do the same and print the same.

/** The method types of the generator's TypeScript, and a transport of a few lines. */
export const TYPESCRIPT_PROGRAM = `
import net from 'node:net';
import readline from 'node:readline';
import type { AddAccount, GetToken, ListAccounts, ResolveResultMetadataKind, Resolve, SetSecret } from './sigilforge';

interface Sigilforge {
  set_secret: SetSecret;
  add_account: AddAccount;
  get_token: GetToken;
  list_accounts: ListAccounts;
  resolve: Resolve;
}

const socket = net.connect(process.argv[2] ?? '');
const waiting = new Map<number, (answer: any) => void>();
readline.createInterface({ input: socket }).on('line', (line) => {
  const answer = JSON.parse(line);
  waiting.get(answer.id)?.(answer);
});
const call = (method: string, params: unknown[]) =>
  new Promise((resolve, reject) => {
    const id = waiting.size + 1;
    waiting.set(id, ({ result, error }) => (error ? reject(error) : resolve(result)));
    socket.write(JSON.stringify({ jsonrpc: '2.0', id, method, params }) + '\\n');
  });
const sigilforge = new Proxy({} as Sigilforge, {
  get: (_, method) => (...params: unknown[]) => call(String(method), params),
});

async function main(): Promise<void> {
  const { backend } = await sigilforge.set_secret('team/key', 'a value ✓', null, 'utf8');
  await sigilforge.add_account('demo', 'ada', undefined, 'api_key', null, true, { api_key: 'the key' });
  const { access_token, expires_at, scopes } = await sigilforge.get_token('demo', 'ada', 60);
  const { accounts } = await sigilforge.list_accounts();
  const [first] = accounts;
  const { value, metadata } = await sigilforge.resolve('secret://team/key');
  const kind: ResolveResultMetadataKind = metadata.kind;
  console.log([backend, access_token, expires_at === null, scopes.length, first?.state, kind, value].join(' '));
  const { error } = await sigilforge.get_token('demo', 'eve').then(() => ({ error: null }), (error) => ({ error }));
  console.log(error.data.kind);
  // @ts-expect-error An account has to be named.
  sigilforge.get_token('demo').catch(() => socket.end());
}
void main();
`;

/** The types of the generator's Go, and a transport of a few lines. */
export const GO_PROGRAM = `
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
)

type Client struct {
	in  *json.Decoder
	out *json.Encoder
}

type Failure struct {
	Message string
	Data    struct{ Kind, Hint string }
}

func call(c Client, method string, result interface{}, params ...interface{}) *Failure {
	c.out.Encode(map[string]interface{}{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	var answer struct {
		Result json.RawMessage
		Error  *Failure
	}
	if err := c.in.Decode(&answer); err != nil {
		panic(err)
	}
	if answer.Error == nil {
		if err := json.Unmarshal(answer.Result, result); err != nil {
			panic(err)
		}
	}
	return answer.Error
}

func check(failure *Failure) {
	if failure != nil {
		panic(failure.Message)
	}
}

func main() {
	connection, err := net.Dial("unix", os.Args[1])
	if err != nil {
		panic(err)
	}
	c := Client{json.NewDecoder(connection), json.NewEncoder(connection)}

	var kept SetSecretResult
	utf8 := EncodingEnum0
	check(call(c, "set_secret", &kept, SecretKey("team/key"), "a value ✓", nil, SetSecretParamsEncoding{Encoding: &utf8}))
	var added FlowStarted
	flow, again := FlowKind("api_key"), AddAccountParamsReplaceValue(true)
	key := Text("the key")
	credential := Credential{CredentialApiKey: &CredentialApiKey{ApiKey: &key}}
	check(call(c, "add_account", &added, ServiceName("demo"), AccountName("ada"), nil,
		AddAccountParamsFlow{FlowKind: &flow}, (*AddAccountParamsProvider)(nil),
		AddAccountParamsReplace{AddAccountParamsReplaceValue: &again}, credential))
	var token AccessToken
	least := Seconds(60)
	check(call(c, "get_token", &token, "demo", "ada", GetTokenParamsMinValidS{Seconds: &least}))
	var list ListAccountsResult
	check(call(c, "list_accounts", &list))
	first := (*list.Accounts)[0]
	var resolved ResolveResult
	check(call(c, "resolve", &resolved, "secret://team/key"))
	fmt.Println(*kept.Backend, *token.AccessToken, token.ExpiresAt == nil, len(*token.Scopes), *first.State,
		*resolved.Metadata.Kind, *resolved.Value.ResolveResultValueValue)
	fmt.Println(call(c, "get_token", &token, "demo", "eve").Data.Kind)
}
`;
