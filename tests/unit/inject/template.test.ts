import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTemplate } from '../../../cli/inject/template.js';

/** The template as it is written with `<REFERENCE|FILTER>` in the place of each value. */
function read(text: string, options = {}): string {
  return parseTemplate(Buffer.from(text), options)
    .map((part) =>
      'text' in part ? part.text.toString() : `<${[part.reference, ...part.filters].join('|')}>`,
    )
    .join('');
}

/** As GitHub Actions writes an expression. */
const expression = (inside: string) => `$${`{{ ${inside} }}`}`;

const foreign = [
  'image: {{ .Values.image }}',
  '{{- if .Values.x -}}\n{{ end }}',
  `token: ${expression('github.token')}`,
  '{{ user }}',
  '{% if x %}{{ x | default("secret://k") }}{% endif %}',
  '{{ "{{" }} and {{ "}}" }}',
  '{{{ raw }}} {{#each list}}{{this}}{{/each}} {{> part}} {{!-- note --}}',
  'an open {{ brace',
  'an open {{\n  brace }}',
  '{{}} {{ }} }} {{',
  '{"a":{"b":{}}}',
  '{{ secret }} {{ secret.key }} {{ auth }} {{ env "X" }} {{ vals }}',
  '{{ . | toJson }}',
  'é {{ ü }}',
  '',
];

test.each(foreign)('%j holds no reference and is left as it is', (text) => {
  expect(read(text)).toBe(text);
});

test.each(foreign.filter((text) => /\{\{/.test(text)))('--strict stops at %j', (text) => {
  expect(() => read(`\n\n${text}`, { strict: true })).toThrow(/^Line [34] of the template/);
});

test('both are in one template, with --strict only if all are references', () => {
  const text = `a: {{ .Values.a }}\nb: {{ secret://b }}\nc: ${expression('secret://c')} {{ "{{" }} {{secret://d}}`;
  expect(read(text)).toBe('a: {{ .Values.a }}\nb: <secret://b>\nc: $<secret://c> {{ "{{" }} <secret://d>');
  expect(() => read(text, { strict: true })).toThrow('Line 1 of the template');
  expect(read('{"b":{"c":{{ secret://c }}}}', { strict: true })).toBe('{"b":{"c":<secret://c>}}');
});

test.each([
  ['{{ secret://k | json }}', '<secret://k|json>'],
  ['{{secret://k|json}}', '<secret://k|json>'],
  ['{{ secret://k| url |base64 }}', '<secret://k|url|base64>'],
  ['{{\tauth://a/b/token\t|\tshell\t}}', '<auth://a/b/token|shell>'],
  ['{{ ref+echo://a|b }}', '<ref+echo://a|b>'],
  ['{{ ref+echo://a|b | json }}', '<ref+echo://a|b|json>'],
  ['{{ vals:ref+echo://é#/x | json }}', '<vals:ref+echo://é#/x|json>'],
  ['{{{ secret://k }}}', '{<secret://k>}'],
  ['{{ open {{ secret://k }}', '{{ open <secret://k>'],
])('%s is %s', (text, written) => {
  expect(read(text)).toBe(written);
});

describe('what looks like a reference and is malformed is an error that names the line, and not what stands there', () => {
  test.each([
    '{{ secret://canary canary }}',
    '{{ secret:// }}',
    '{{ auth://canary/b }}',
    '{{ auth://a/b/canary! }}',
    '{{ secret://canary?y }}',
    '{{ SECRET://canary }}',
    '{{ secrets://canary }}',
    '{{ vals:canary }}',
    '{{ ref+canary }}',
    '{{- secret://canary -}}',
    '{{~ secret://canary }}',
    `{{ secret://${'canary'.repeat(500)} }}`,
    '{{ secret://canary\0 }}',
    '{{ secret://canary',
    '{{ secret://canary\n}}',
    '{{ secret://canary }',
    '{{ secret://canary {{ secret://k }}',
    '{ secret://canary }}',
    '{ref+echo://canary}}',
    '{{ secret://k | canary }}',
    '{{ secret://k | json canary }}',
    '{{ secret://k | }}',
    '{{ secret://k || json }}',
    '{{ secret://k | JSON }}',
    '{{ secret://k | toString }}',
    '{{ secret://k json }}',
  ])('%j', (text) => {
    const failing = () => read(`é\n{{ .x }}\r\n{{ secret://k }} ${text}`);
    expect(failing).toThrow(/^Line 3 of the template(?!.*canary)/);
    expect(failing).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  test('an unknown filter names those that there are', () => {
    expect(() => read('{{ secret://k | quote }}')).toThrow(
      expect.objectContaining({ hint: 'Choose from: json, base64, shell, url' }),
    );
  });
});

test('whatever bytes a template without a reference has, they stay', () => {
  const pieces = fc.constantFrom('{{', '}}', '{', '}', ' ', '\n', '-', '|', '"', 'x', '://', 'secret');
  const bytes = fc.oneof(
    fc.uint8Array().map((array) => Buffer.from(array)),
    fc.array(pieces).map((texts) => Buffer.from(texts.filter((text) => text !== '://').join(''))),
  );
  fc.assert(
    fc.property(bytes, (template) => {
      const parts = parseTemplate(template);
      expect(Buffer.concat(parts.map((part) => ('text' in part ? part.text : Buffer.alloc(0))))).toEqual(
        template,
      );
    }),
    { numRuns: 500 },
  );
});

test.each(['{{ ', '{{ secret://k }} ', 'secret://', '{', '{{-', ' ', 'secret://k '])(
  'a megabyte of %j is read in one pass',
  (piece) => {
    // A pattern that looked ahead from every place would take minutes here, and the test would run out of its time.
    const text = piece.repeat(1_000_000 / piece.length);
    expect(read(text).length).toBeGreaterThan(0);
  },
);
