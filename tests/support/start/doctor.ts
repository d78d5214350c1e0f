import * as v from 'valibot';
import type { RunOptions, Sandbox } from './sandbox.js';

const Report = v.object({
  state: v.picklist(['ok', 'warning', 'fault']),
  findings: v.array(
    v.strictObject({
      name: v.string(),
      state: v.picklist(['ok', 'warning', 'fault']),
      sentence: v.string(),
      cure: v.nullable(v.string()),
      fixed: v.array(v.string()),
    }),
  ),
});

export type Found = v.InferOutput<typeof Report>['findings'][number];

interface DoctorOptions extends RunOptions {
  /** Besides `--json`. */
  readonly args?: readonly string[];
  /** What runs `sigilforge doctor`, if it is not the sandbox by itself: its command line comes behind. */
  readonly under?: readonly string[];
  /** The command line of `sigilforge`, if it is not that of the sandbox. */
  readonly program?: readonly string[];
}

/** What `sigilforge doctor --json` says in a sandbox, and its exit status. */
export async function doctor(
  sandbox: Sandbox,
  { args = [], under, program, ...options }: DoctorOptions = {},
): Promise<v.InferOutput<typeof Report> & { readonly code: number | null; readonly stdout: string }> {
  const words = ['doctor', '--json', ...args];
  const command = under && program ? [...under, ...program, ...words] : undefined;
  const { code, stdout, stderr } = await (command
    ? sandbox.spawn(command, { input: '', ...options }).exited
    : sandbox.run(words, options));
  if (stdout === '') throw new Error(`Doctor said nothing: ${stderr}`);
  return { ...v.parse(Report, JSON.parse(stdout)), code, stdout };
}

/** The findings of one check, each as its state with its sentence and its cure. */
export async function found(
  sandbox: Sandbox,
  name: string,
  { args = [], ...options }: DoctorOptions = {},
): Promise<Pick<Found, 'state' | 'sentence' | 'cure'>[]> {
  const { findings } = await doctor(sandbox, { ...options, args: [...args, name.replaceAll(' ', '-')] });
  return findings
    .filter((finding) => finding.name === name)
    .map(({ state, sentence, cure }) => ({ state, sentence, cure }));
}
