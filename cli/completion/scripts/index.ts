import type { Shell } from '../shells.js';
import bash from './sigilforge.bash';
import fish from './sigilforge.fish';
import zsh from './sigilforge.zsh';

/**
 * What a shell reads at its start. They are our own, because those of the libraries for this let the shell evaluate what
 * was typed: a `$(…)` in the line was run, and a file behind `>` was emptied, as soon as TAB was pressed.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash, zsh, fish };
