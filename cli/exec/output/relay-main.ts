import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { deserialize } from 'node:v8';
import { leaveMemoryOutOfCoreFiles } from '../../../shared/core-files.js';
import { formsOf } from '../../../shared/mask/forms.js';
import { Mask } from '../../../shared/mask/mask.js';
import { outliveTerminals } from '../../terminal/lost-terminals.js';
import { type Afterwards, SOURCE } from './afterwards.js';
import { OutputMask } from './output-mask.js';
import { Relay } from './relay.js';
import { runnerOf } from './runners.js';

/*
 * Goes on masking an output after `exec` has ended with its program, as long as other programs hold it. No program waits for
 * this process, and no terminal can stop it: it ends with the last writer, or when its reader has gone.
 */
leaveMemoryOutOfCoreFiles();
outliveTerminals();
// Node would open its inspector, which every user of this machine could connect to.
process.on('SIGUSR1', () => undefined);
// A reader that has gone is noticed by the relay.
process.stdout.on('error', () => undefined);

// Empty if `exec` was ended before it had written everything.
const given = readFileSync(0);
if (given.length > 0) {
  const { values, rest } = deserialize(given) as Afterwards;
  const stream = new Socket({ fd: SOURCE, writable: false });
  const mask = new Mask(formsOf(values.map(Buffer.from)), rest.mask);
  void new Relay({ stream }, new OutputMask(mask, runnerOf(process.env), rest), process.stdout).ended;
}
