/** A CI runner that reads commands from the output of its jobs. */
export interface Runner {
  /** How a line begins that may be such a command. */
  readonly opening: string;
  /** The beginning of a line by which a program tells the runner what to mask. */
  readonly command: RegExp;
}

/** By the variable that the runner sets. What follows the command in its line is never shown. */
const RUNNERS: Record<string, Runner> = {
  GITHUB_ACTIONS: { opening: '::add-mask::', command: /^::add-mask::/ },
  TF_BUILD: {
    opening: '##vso[task.set',
    command: /^##vso\[task\.set(secret|variable [^\]\r\n]*\bissecret=true\b[^\]\r\n]*)\]/i,
  },
};

/** The runner that this process runs under. */
export function runnerOf(environment: NodeJS.ProcessEnv): Runner | undefined {
  const found = Object.entries(RUNNERS).find(([name]) => environment[name]?.toLowerCase() === 'true');
  return found?.[1];
}
