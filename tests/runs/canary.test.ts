import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

// A capability that does all it can to leave its secrets in the record of its run.

/** As a secret of its own, as a variable, and as a value that it fetches through its door. */
const CANARIES = {
  own: 'Own7zLeak+4kQx/Zw9',
  env: 'Env7zLeak+5mRy/Aw8',
  door: 'Door7zLeak+6nS/Bw7',
} as const;
const values = Object.values(CANARIES);

const PROGRAM = `
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const socket = connect(process.env.SIGILFORGE_SOCKET);
const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
async function call(method, params) {
  socket.write(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) + '\\n');
  const { result, error } = JSON.parse((await answers.next()).value);
  if (error) throw new Error(method + ': ' + error.message);
  return result;
}
export async function run({ end, go }, { secrets, run_id }) {
  const { value: door } = await call('get_secret', { key: 'through/door' });
  const all = [secrets.OWN, process.env.CANARY, door];
  for (const value of all) {
    console.log('printed ' + value);
    console.error('printed ' + value);
    console.log(JSON.stringify({ nested: JSON.stringify({ value }) }));
    console.log(Buffer.from('x' + value + 'y').toString('base64'));
    console.log(Buffer.from(value).toString('hex'));
    console.log(encodeURIComponent(value));
    for (const character of 'split ' + value) { process.stdout.write(character); await pause(1); }
    console.log();
    for (const role of ['assistant', 'tool'])
      await call('append_message', { run_id, role, content: 'appended ' + value });
  }
  console.log('all is said');
  while (!existsSync(go)) await pause(5);
  socket.end();
  if (end === 'throw') throw new Error('raised ' + all.join(' '));
  return { response: 'returned ' + all.join(' '), storage: { kept: all } };
}
`;

const MANIFEST = {
  ...{ name: 'leaky', version: '1.0.0', run: { runner: 'node', entry: 'main.mjs' } },
  required_secrets: [{ name: 'OWN' }],
  grants: ['secret://as/variable', 'secret://through/door'],
  env: { CANARY: 'secret://as/variable' },
};

/** Prints all that it was given and can see of the folders of other runs. */
const CURIOUS = `
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
export function run(args, context) {
  console.log(JSON.stringify([process.env, args, context]));
  const folder = path.dirname(process.cwd());
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (file.isFile()) console.log(readFileSync(path.join(file.parentPath ?? file.path, file.name), 'latin1'));
  return 'looked';
}
`;

async function add(
  { api, sandbox }: DaemonBackend,
  manifest: { name: string },
  program: string,
): Promise<void> {
  const files = { 'manifest.json': JSON.stringify(manifest), 'main.mjs': program };
  const folder = path.join(sandbox.home, 'made', manifest.name);
  await api.registerCapability({ path: await writeCapability(folder, files) });
}

async function startLeaky(): Promise<DaemonBackend> {
  const backend = await stopAfter(startDaemon());
  const { api } = backend;
  await add(backend, MANIFEST, PROGRAM);
  await api.setSecret({ key: 'as/variable', value: CANARIES.env });
  await api.setSecret({ key: 'through/door', value: CANARIES.door });
  await api.setCapabilitySecret({ name: 'leaky', key: 'OWN', value: CANARIES.own });
  for (const grant of MANIFEST.grants) await api.grantCapability({ name: 'leaky', grant });
  return backend;
}

/** What would show a canary: it, or a part of each of its usual encodings. */
const TRACES = values.flatMap((value) => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('hex'),
  // Without the characters that also hold bits of what stands around it.
  ...[0, 1, 2].map((before) =>
    Buffer.from(`${'x'.repeat(before)}${value}`)
      .toString('base64')
      .slice(before === 0 ? 0 : 4, -4),
  ),
]);

function tracesIn(text: string): string[] {
  return TRACES.filter((trace) => text.includes(trace));
}

/** Every file below the home in which a canary shows: databases, logs, transcripts, the folders of runs and copies. */
function filesWithTraces(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => tracesIn(readFileSync(file, 'latin1')).length > 0);
}

/** Every process in whose arguments a canary shows. */
function processesWithTraces(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && tracesIn(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).length > 0;
    } catch {
      return false;
    }
  });
}

test('what is looked for would be found', () => {
  for (const value of values)
    for (const before of ['', 'x', 'xx'])
      expect(tracesIn(Buffer.from(`${before}${value}y`).toString('base64'))).toHaveLength(1);
});

test.each(['return', 'throw'])(
  'secrets that a run tells in every way are nowhere: it ends by %s',
  async (end) => {
    const backend = await startLeaky();
    const { api, sandbox } = backend;
    const { home } = sandbox;
    const go = path.join(home, 'go');
    const { run } = await api.runCapability({
      name: 'leaky',
      args: { end, go, own: CANARIES.own, env: CANARIES.env },
    });
    const said = async () =>
      (await api.listMessages({ run_id: run.id })).messages.map(({ content }) => content);
    await expect.poll(said, { timeout: 30_000 }).toContain('all is said');
    expect({ files: filesWithTraces(home), processes: processesWithTraces() }).toEqual({
      files: [],
      processes: [],
    });
    await add(
      backend,
      { ...MANIFEST, ...{ name: 'curious', required_secrets: [], grants: [], env: {} } },
      CURIOUS,
    );
    const other = await api.runCapability({ name: 'curious', wait: true });
    expect(other.response).toBe('looked');
    writeFileSync(go, '');
    const over = await api.waitRun({ run_id: run.id });
    const isReturned = end === 'return';
    expect(over.run.status).toBe(isReturned ? 'completed' : 'failed');
    expect(isReturned ? over.response : over.run.error).toContain('[redacted]');
    for (const run_id of [run.id, other.run.id])
      expect(
        tracesIn(JSON.stringify([await api.listMessages({ run_id }), await api.getRun({ run_id })])),
      ).toEqual([]);
    const contents = await said();
    expect(contents.filter((content) => content === 'appended [redacted]')).toHaveLength(2 * values.length);
    expect(contents.filter((content) => content === 'split [redacted]')).toHaveLength(values.length);
    expect(filesWithTraces(home)).toEqual([]);
    if (isReturned) {
      const { value } = await api.storageGet({ capability: 'leaky', key: 'kept' });
      expect(value).toEqual(values);
    }
    await api.shutdown();
    await backend.daemon.exited;
    expect(filesWithTraces(home)).toEqual([]);
  },
);
