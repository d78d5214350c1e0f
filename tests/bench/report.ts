import { availableParallelism, loadavg } from 'node:os';
import type { Aim, Figure } from './benchmark.js';

/** A figure, and the command that measures it again. */
export interface Row extends Figure {
  readonly repeat: string;
}

/** On what machine, and how busy it was before: figures of a machine with other work are not worth much. */
export function machine(): string {
  const load = loadavg().map((one) => one.toFixed(1));
  return `Node ${process.version}, ${availableParallelism()} cores, load ${load.join(' ')}. NODE_EXTRA_CA_CERTS is not set for what is measured: it triples the time that Node takes to start.`;
}

/** Rows as a table of four columns. */
export function table(rows: readonly Row[]): string {
  const cells = [['figure', '', 'aim', 'repeat with'], ...rows.map(line)];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map(([what = '', value = '', aim = '', repeat = '']) =>
      [what.padEnd(widths[0] ?? 0), value.padStart(widths[1] ?? 0), aim.padEnd(widths[2] ?? 0), repeat].join(
        '  ',
      ),
    )
    .join('\n');
}

function line({ what, value, unit, aim, repeat }: Row): string[] {
  return [
    what,
    `${amount(value)} ${unit}`,
    aim ? `${bound(aim)}, ${isMet(value, aim) ? 'met' : 'missed'}` : '',
    repeat,
  ];
}

function bound(aim: Aim): string {
  return 'atMost' in aim ? `≤ ${amount(aim.atMost)}` : `≥ ${amount(aim.atLeast)}`;
}

function isMet(value: number, aim: Aim): boolean {
  return 'atMost' in aim ? value <= aim.atMost : value >= aim.atLeast;
}

/** Three digits that tell something. */
function amount(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value < 10 ? 2 : 1);
}
