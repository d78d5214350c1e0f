import net from 'node:net';
import readline from 'node:readline';

const [, , path, name] = process.argv;
const value = 'é✓𝄞\n'.repeat(20_480);
const socket = net.connect(path);
const lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]();

const print = (...words) => process.stdout.write(`${words.join(' ')}\n`);

async function ask(message) {
  socket.write(`${JSON.stringify(message)}\n`);
  return JSON.parse((await lines.next()).value);
}

const call = (method, params = null) => ask({ jsonrpc: '2.0', id: 1, method, params });

const kept = await call('set_secret', { key: `team/${name}`, value, backend: null });
print('secret', kept.result.backend);
const account = ['demo', name, null, 'api_key', undefined, null, { api_key: `key of ${name}` }];
print('account', (await call('add_account', account)).result.account.account);
print('vault', (await call('status')).result.vault.state);

const batch = await ask([
  { jsonrpc: '2.0', id: 1, method: 'get_token', params: ['demo', name] },
  { jsonrpc: '2.0', id: 2, method: 'get_secret', params: { key: `team/${name}` } },
]);
const results = Object.fromEntries(batch.map(({ id, result }) => [id, result]));
print('batch', results[1].access_token, results[2].value === value ? 'whole' : 'changed');

const { data } = (await call('get_token', { service: 'demo', account: 'nobody' })).error;
print('error', data.kind, data.hint ? 'with a hint' : 'without a hint');

let count = 0;
let pages = 0;
let cursor = null;
do {
  const page = (await call('list_secrets', ['many/', cursor])).result;
  count += page.secrets.length;
  pages += 1;
  cursor = page.cursor;
} while (cursor);
print('listed', count, pages > 1 ? 'by pages' : 'at once');
socket.end();
