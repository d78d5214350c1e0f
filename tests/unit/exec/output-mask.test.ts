import { expect, test } from 'vitest';
import { OutputMask } from '../../../cli/exec/output/output-mask.js';
import { runnerOf } from '../../../cli/exec/output/runners.js';
import { formsOf } from '../../../shared/mask/forms.js';
import { Mask } from '../../../shared/mask/mask.js';

const VALUE = 'secret-value';
const GITHUB = { GITHUB_ACTIONS: 'true' };
const AZURE = { TF_BUILD: 'True' };

/** What comes out if the text arrives in two pieces, however it is split, and if another mask goes on after the first. */
function outputs(environment: NodeJS.ProcessEnv, text: string): Set<string> {
  const create = (rest?: OutputMask['rest']) =>
    new OutputMask(new Mask(formsOf([Buffer.from(VALUE)]), rest?.mask), runnerOf(environment), rest);
  const all = Buffer.from(text);
  const found = new Set<string>();
  for (let at = 0; at <= all.length; at++) {
    const [one, first] = [create(), create()];
    const pieces = [one.push(all.subarray(0, at)), one.push(all.subarray(at)), one.end()];
    found.add(Buffer.concat(pieces).toString());
    const before = first.push(all.subarray(0, at));
    const second = create(first.rest);
    found.add(Buffer.concat([before, second.push(all.subarray(at)), second.end()]).toString());
  }
  return found;
}

test.each([
  [
    'GitHub',
    GITHUB,
    `a ${VALUE}\n::add-mask::${VALUE}\nb ${VALUE}\n`,
    `a [redacted]\n::add-mask::${VALUE}\nb [redacted]\n`,
  ],
  ['the first line', GITHUB, `::add-mask::${VALUE}`, `::add-mask::${VALUE}`],
  ['a carriage return', GITHUB, `::add-mask::${VALUE}\r\n${VALUE}`, `::add-mask::${VALUE}\r\n[redacted]`],
  [
    'a second line after a carriage return',
    GITHUB,
    `::add-mask::x\r${VALUE}\n`,
    '::add-mask::x\r[redacted]\n',
  ],
  ['within a line', GITHUB, `x ::add-mask::${VALUE}\n`, 'x ::add-mask::[redacted]\n'],
  ['another command', GITHUB, `::debug::${VALUE}\n::add-`, '::debug::[redacted]\n::add-'],
  ['Azure', AZURE, `##vso[task.setsecret]${VALUE}\n${VALUE}`, `##vso[task.setsecret]${VALUE}\n[redacted]`],
  [
    'a secret variable on Azure',
    AZURE,
    `##vso[task.setvariable variable=P;issecret=true;isoutput=true]${VALUE}\n`,
    `##vso[task.setvariable variable=P;issecret=true;isoutput=true]${VALUE}\n`,
  ],
  [
    'a variable that is not',
    AZURE,
    `##vso[task.setvariable variable=P]${VALUE}\n`,
    '##vso[task.setvariable variable=P][redacted]\n',
  ],
  [
    'an unfinished command',
    AZURE,
    `##vso[task.setvariable ${VALUE}\n`,
    '##vso[task.setvariable [redacted]\n',
  ],
  ['the command of another runner', AZURE, `::add-mask::${VALUE}\n`, '::add-mask::[redacted]\n'],
  ['no runner', {}, `::add-mask::${VALUE}\n`, '::add-mask::[redacted]\n'],
])('lines that tell a runner what to mask: %s', (_, environment, text, expected) => {
  expect([...outputs(environment, text)]).toEqual([expected]);
});

test('nothing else is held back', () => {
  const mask = new OutputMask(new Mask(formsOf([Buffer.from(VALUE)])), runnerOf(GITHUB));
  for (const text of ['Name? ', 'yes\n', '> ', ': ', '\n'])
    expect(mask.push(Buffer.from(text)).toString()).toBe(text);
});
