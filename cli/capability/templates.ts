/** A file of a first capability. */
export interface TemplateFile {
  readonly name: string;
  readonly text: string;
  readonly isExecutable?: boolean;
}

export const RUNNERS = ['python', 'node', 'command'] as const;
export type Runner = (typeof RUNNERS)[number];

/** The files of a capability that runs, and shows what one can do. */
export function templateOf(name: string, runner: Runner): readonly TemplateFile[] {
  const { run, ...program } = PROGRAMS[runner];
  const manifest = {
    name,
    version: '0.1.0',
    description: 'Says hello, and counts how often.',
    run,
    required_secrets: [{ name: 'API_KEY', description: 'A key that only runs of this capability get.' }],
    grants: [],
    env: {},
    timeout_s: 60,
    active: true,
  };
  return [{ name: 'manifest.json', text: `${JSON.stringify(manifest, null, 2)}\n` }, program];
}

const PROGRAMS: Readonly<Record<Runner, TemplateFile & { readonly run: object }>> = {
  python: {
    run: { runner: 'python', entry: 'main.py' },
    name: 'main.py',
    text: `"""A first capability. What it prints is kept with its run, and secrets in it are redacted."""


def run(args, context):
    # Its own secrets, by their names in manifest.json. No other program gets them.
    key = context["secrets"]["API_KEY"]
    # What an earlier run has kept.
    count = context["storage"].get("count", 0) + 1
    print(f"Run {count}, with a key of {len(key)} characters.")
    city = args.get("city", "world")
    # A string is enough. With "storage", values are kept for the next run; None deletes one.
    return {"response": f"Hello, {city}!", "storage": {"count": count}}
`,
  },
  node: {
    run: { runner: 'node', entry: 'main.mjs' },
    name: 'main.mjs',
    text: `/** A first capability. What it prints is kept with its run, and secrets in it are redacted. */
export async function run(args, context) {
  // Its own secrets, by their names in manifest.json. No other program gets them.
  const key = context.secrets.API_KEY;
  // What an earlier run has kept.
  const count = (context.storage.count ?? 0) + 1;
  console.log(\`Run \${count}, with a key of \${key.length} characters.\`);
  // A string is enough. With \`storage\`, values are kept for the next run; null deletes one.
  return { response: \`Hello, \${args.city ?? 'world'}!\`, storage: { count } };
}
`,
  },
  command: {
    run: { runner: 'command', command: ['./main.sh'] },
    name: 'main.sh',
    isExecutable: true,
    text: `#!/bin/sh
# A first capability, in any language: it reads one line of JSON,
# {"args": …, "context": {"secrets": …, "storage": …, "run_id": …}}
read -r request
# Any other line is kept as output; secrets in it are redacted.
echo "The request has \${#request} characters."
# Any number of messages, and at the end one result.
echo '{"type":"message","role":"assistant","content":"Saying hello."}'
echo '{"type":"result","response":"Hello, world!"}'
`,
  },
};
