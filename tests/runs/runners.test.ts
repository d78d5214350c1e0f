import { expect, test } from 'vitest';
import { runScene } from './scene.js';

// The three runners, each by real interpreters.

const NODE = { run: { runner: 'node', entry: 'main.mjs' } };

test('Python: run(args, context), with its own storage from run to run', async () => {
  const scene = await runScene();
  const code = `
import os
def run(args, context):
    count = context["storage"].get("count", 0) + 1
    print("printed", os.getcwd() == os.environ["TMPDIR"], context["run_id"] == os.environ["SIGILFORGE_RUN"])
    return {"response": f"{args['city']} {count}", "storage": {"count": count}}
`;
  await scene.python('weather', code);
  expect(await scene.run('weather', { city: 'Bern' })).toMatchObject({
    response: 'Bern 1',
    run: { status: 'completed', exit_code: 0, error: null, task: '{"city":"Bern"}' },
  });
  const { run, response } = await scene.run('weather', { city: 'Bern' });
  expect(response).toBe('Bern 2');
  expect(scene.said(run.id, 'output')).toEqual(['printed True True']);
});

test.each([
  ['run(args)', 'def run(args): return "got " + args["a"]'],
  [
    'run(args, context=None)',
    'def run(args, context=None): return "got " + args["a"] * len([context["run_id"]])',
  ],
  [
    'an asynchronous function',
    'import asyncio\nasync def run(args, context):\n  await asyncio.sleep(0)\n  return "got " + args["a"]',
  ],
  [
    'a wrapped function',
    'import functools\ndef f(args): return "got " + args["a"]\n@functools.wraps(f)\ndef run(*all): return f(*all)',
  ],
])('Python: %s', async (_, code) => {
  const scene = await runScene();
  await scene.python('greet', code);
  expect(await scene.run('greet', { a: 'b' })).toMatchObject({
    run: { status: 'completed' },
    response: 'got b',
  });
});

test('Python: other files of the folder can be imported, from the folder of the entry and from its root', async () => {
  const scene = await runScene();
  const files = {
    'deep/main.py':
      'import near, far, sys\ndef run(args): return near.N + far.F + sys.argv[0].split("/")[-1]',
    'deep/near.py': 'N = "near "',
    'far.py': 'F = "far "',
  };
  await scene.add('deep', { run: { runner: 'python', entry: 'deep/main.py' } }, files);
  expect(await scene.run('deep')).toMatchObject({ response: 'near far main.py' });
  // Nothing was written into the copy that runs.
  expect(await scene.run('deep')).toMatchObject({ response: 'near far main.py' });
});

test.each([
  ['a function', 'export const run = (args, context) => "got " + args.a + " " + typeof context.run_id;'],
  [
    'a promise',
    'export async function run(args) { await null; return { response: "got b string", storage: {} }; }',
  ],
  ['its only export', 'export default (args) => "got " + args.a + " string";'],
])('Node: %s', async (_, code) => {
  const scene = await runScene();
  await scene.add('greet', NODE, { 'main.mjs': code });
  expect(await scene.run('greet', { a: 'b' })).toMatchObject({
    run: { status: 'completed', exit_code: 0 },
    response: 'got b string',
  });
});

test('Node: CommonJS, with storage, and what is printed is output, to its last line', async () => {
  const scene = await runScene();
  const code = `
const { spawnSync } = require('node:child_process');
exports.run = (args, { storage }) => {
  setInterval(() => {}, 1000);
  for (let line = 0; line < 5000; line += 1) console.log('line ' + line);
  console.log('{"type":"result","response":"printed"}');
  spawnSync('sh', ['-c', 'echo from a child; echo >&3 wrong'], { stdio: 'inherit' });
  return { response: String((storage.n ?? 0) + 1), storage: { n: (storage.n ?? 0) + 1, gone: null } };
};`;
  await scene.add('count', { run: { runner: 'node', entry: 'main.cjs' } }, { 'main.cjs': code });
  expect(await scene.run('count')).toMatchObject({ response: '1' });
  const { run, response } = await scene.run('count');
  expect(response).toBe('2');
  const { messages } = await allMessages(scene, run.id);
  const output = messages.filter(({ role }) => role === 'output').map(({ content }) => content);
  expect(output.filter((line) => line.startsWith('line '))).toEqual(
    Array.from({ length: 5000 }, (_, line) => `line ${line}`),
  );
  expect(output).toContain('{"type":"result","response":"printed"}');
  expect(output).toContain('from a child');
  expect(output).not.toContain('wrong');
});

test('a command in sh: the request on standard input, JSON lines, and other lines', async () => {
  const scene = await runScene();
  await scene.shell(
    'lines',
    `read -r request
echo "to standard error" >&2
echo '{"type":"message","role":"tool","content":"looked it up"}'
echo '{"type":"message","content":"I think so"}'
echo '{"type":"other"}'
echo 'not JSON'
printf '%s' '{"type":"result","response":"'"\${#request}"'","storage":{"seen":true}}'`,
  );
  const { run, response } = await scene.run('lines', { a: 1 });
  expect(run).toMatchObject({ status: 'completed' });
  expect(Number(response)).toBeGreaterThan('{"args":{"a":1}}'.length);
  expect(scene.said(run.id, 'tool')).toEqual(['looked it up']);
  expect(scene.said(run.id, 'assistant')).toEqual(['I think so']);
  expect(scene.said(run.id, 'output').sort()).toEqual(['not JSON', 'to standard error', '{"type":"other"}']);
});

test('a command in Perl, found in PATH, with its script from the folder', async () => {
  const scene = await runScene();
  const code = `
use JSON::PP;
my $request = decode_json(<STDIN>);
print encode_json({type => 'result', response => "$request->{args}{city} from Perl"}), "\\n";`;
  const manifest = { run: { runner: 'command', command: ['perl', './deep/main.pl'] } };
  await scene.add('perl', manifest, { 'deep/main.pl': code });
  expect(await scene.run('perl', { city: 'Chur' })).toMatchObject({ response: 'Chur from Perl' });
});

test.each([
  [
    'Python',
    { run: { runner: 'python', entry: 'main' } },
    'def run(args):\n  raise ValueError("no such city")',
    'ValueError: no such city',
  ],
  [
    'Python, at its import',
    { run: { runner: 'python', entry: 'main' } },
    'import nothing_of_this_name',
    'ImportError: the entry is not a Python file',
  ],
  [
    'Node',
    { run: { runner: 'node', entry: 'main' } },
    'exports.run = () => { throw new RangeError("no such city"); };',
    'RangeError: no such city',
  ],
])(
  '%s: an exception fails the run with its sentence, and the trace is output',
  async (_, manifest, code, error) => {
    const scene = await runScene();
    const entry = manifest.run.runner === 'python' && !error.startsWith('Import') ? 'main.py' : 'main';
    await scene.add('fails', { run: { ...manifest.run, entry } }, { [entry]: code });
    const { run, response } = await scene.run('fails');
    expect(run).toMatchObject({ status: 'failed', error, exit_code: 1 });
    expect(response).toBeNull();
    expect(scene.said(run.id, 'output').join('\n')).toContain(error);
  },
);

test.each([
  [
    'python',
    'main.py',
    'def run(args): return 7',
    'TypeError: run returned neither a string nor a dict with a string named response',
  ],
  ['python', 'main.py', 'def walk(args): return ""', 'TypeError: the entry defines no function run'],
  [
    'python',
    'main.py',
    'def run(args): return {"response": "", "storage": {"a": float("nan")}}',
    'ValueError: Out of range float values are not JSON compliant',
  ],
  [
    'python',
    'main.py',
    'def run(args): return {"response": "", "storage": {"a": {1, 2}}}',
    'TypeError: Object of type set is not JSON serializable',
  ],
  [
    'node',
    'main.mjs',
    'export const run = () => 7;',
    'TypeError: run returned neither a string nor an object with a string named response',
  ],
  ['node', 'main.mjs', 'export const walk = () => 7;', 'TypeError: the entry exports no function run'],
])('%s: a wrong result of %s (%s)', async (runner, entry, code, error) => {
  const scene = await runScene();
  await scene.add('wrong', { run: { runner, entry } }, { [entry]: code });
  const { run } = await scene.run('wrong');
  expect(run).toMatchObject({ status: 'failed' });
  expect(run.error).toContain(error);
});

test('a function that returns nothing has an empty response', async () => {
  const scene = await runScene();
  await scene.python('py', 'def run(args): pass');
  await scene.add('js', NODE, { 'main.mjs': 'export const run = () => {};' });
  expect(await scene.run('py')).toMatchObject({ run: { status: 'completed' }, response: '' });
  expect(await scene.run('js')).toMatchObject({ run: { status: 'completed' }, response: '' });
});

test('args that are left out are an empty object, and any JSON value is passed as it is', async () => {
  const scene = await runScene();
  await scene.python('echo', 'import json\ndef run(args): return json.dumps(args)');
  expect(await scene.run('echo')).toMatchObject({ response: '{}' });
  expect(await scene.run('echo', ['ü', null, 1.5])).toMatchObject({ response: '["\\u00fc", null, 1.5]' });
  expect(await scene.run('echo', null)).toMatchObject({ response: 'null' });
});

async function allMessages({ core }: Awaited<ReturnType<typeof runScene>>, id: string) {
  const messages: { role: string; content: string }[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = core.history.messages({ run_id: id, ...(cursor && { cursor }) });
    messages.push(...page.messages);
    if (page.cursor === null) return { messages };
    cursor = page.cursor;
  }
}
