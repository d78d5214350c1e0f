import { spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Running } from '../support/start/running.js';
import { program, type RunOptions, type Sandbox } from '../support/start/sandbox.js';
import { onTerminal } from '../support/start/terminal.js';

export type ShellName = 'bash' | 'zsh' | 'fish';

/** Whether there is this shell, and Python for its terminal. */
export function has(shell: ShellName): boolean {
  return [shell, 'python3'].every((name) => spawnSync(name, ['-c', '']).error === undefined);
}

/**
 * Ctrl-G shows the line, numbered and in brackets, and empties it. (Ctrl-U would not do: while the shell prints, the terminal
 * takes that key itself, with all that was typed before it.) `mytool` has a completion of its own.
 */
const SETTINGS: Readonly<Record<ShellName, string>> = {
  bash: String.raw`
PS1='READY$ '
[ -z "$BASH_COMPLETION" ] || source "$BASH_COMPLETION"
source <(sigilforge completion bash)
complete -W own-word mytool
show() { printf '\n<%d:%s>\n' $((++shown)) "$READLINE_LINE"; READLINE_LINE= READLINE_POINT=0; }
bind -x '"\C-g": show'
`,
  zsh: `
PS1='READY$ '
source <(sigilforge completion zsh)
_mytool() { compadd own-word }
compdef _mytool mytool
show() { zle -I; print -r -- "<$((++shown)):$BUFFER>"; BUFFER=; }
zle -N show
bindkey -e
bindkey '^G' show
`,
  fish: String.raw`
function fish_prompt; echo 'READY$ '; end
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
set -g shown 0
sigilforge completion fish | source
complete -c mytool -f -a own-word
bind \cg 'set shown (math $shown + 1); printf "\n<%d:%s>\n" $shown (commandline | string collect); commandline --replace ""'
`,
};

const COMMANDS: Readonly<Record<ShellName, readonly string[]>> = {
  bash: ['bash', '--noprofile', '--rcfile', '.bashrc', '-i'],
  zsh: ['zsh', '-o', 'no_global_rcs', '-i'],
  fish: ['fish', '--no-config', '-i', '-C', 'source .fishrc'],
};

/** Where the shells of a sandbox find `sigilforge`, and their settings. */
export async function installShells({ home, env }: Sandbox): Promise<RunOptions> {
  const bin = path.join(home, 'bin');
  await mkdir(bin, { mode: 0o700 });
  await symlink(program('sigilforge')[1] ?? '', path.join(bin, 'sigilforge'));
  await symlink('/bin/true', path.join(bin, 'mytool'));
  for (const [shell, text] of Object.entries(SETTINGS)) await writeFile(path.join(home, `.${shell}rc`), text);
  const path_ = [bin, path.dirname(process.execPath), env['PATH'] ?? ''].join(':');
  return { env: { PATH: path_, ZDOTDIR: home, TERM: 'xterm', LC_ALL: 'C.UTF-8' } };
}

/** A shell on a terminal, by the hands of a person. */
export class InteractiveShell {
  readonly #running: Running;
  #shown = 0;

  private constructor(running: Running) {
    this.#running = running;
  }

  static async start(sandbox: Sandbox, options: RunOptions, shell: ShellName): Promise<InteractiveShell> {
    const running = sandbox.spawn(onTerminal(COMMANDS[shell], { lead: true }), options);
    await running.seen(/READY\$ /, 'stdout');
    return new InteractiveShell(running);
  }

  /** What stands in the line after these keys. */
  async line(keys: string): Promise<string> {
    this.#shown += 1;
    this.#running.write(`type ${Buffer.from(`${keys}\u0007`).toString('hex')}\n`);
    const shown = new RegExp(`\n<${this.#shown}:([^\n]*)>\r?\n`);
    return (await this.#running.seen(shown, 'stdout'))[1] ?? '';
  }
}
