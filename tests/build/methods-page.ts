import { EVERY_METHOD, errorTexts } from '../../shared/contract/docs/index.js';
import type { ErrorKind } from '../../shared/errors.js';
import {
  type Field,
  type MethodModel,
  methodModels,
  type Shape,
  type TypeModel,
  typeModels,
} from './model.js';
import { rfcName } from './openrpc.js';
import { rfcUrl } from './tsdoc.js';

/** `daemon/METHODS.md`: the contract as a page to read. */
export function methodsPage(): string {
  const methods = methodModels();
  const types = typeModels();
  return `${[
    '# Methods',
    'Generated from `shared/contract/` by `npm run docs`; change it there.',
    'JSON-RPC 2.0, one JSON value a line. Parameters are given by name, or by position in the order of the tables. A `null` for an optional parameter means that it is left out. A list comes by page: `cursor` of a result asks for the next one, and the client library asks for them all. In the client library each method has its name in camel case: `get_token` is `client.getToken(…)`.',
    methods.map(({ name }) => `[\`${name}\`](#${anchor(name)})`).join(' · '),
    '## Errors of every method',
    errorList(EVERY_METHOD),
    ...methods.map(methodSection),
    '# Types',
    ...types.map(typeSection),
  ].join('\n\n')}\n`;
}

function methodSection({ name, summary, params, result, errors, example, rfcs }: MethodModel): string {
  const call = { jsonrpc: '2.0', id: 1, method: name, params: example.params };
  return [
    `## ${name}`,
    summary,
    ...(params.length > 0 ? [paramTable(params)] : ['No parameters.']),
    ...resultPart(result),
    ...(errors.length > 0 ? [`Errors: ${errors.map((kind) => `\`${kind}\``).join(', ')}`] : []),
    `\`\`\`json\n${JSON.stringify(call)}\n${JSON.stringify({ jsonrpc: '2.0', id: 1, result: example.result })}\n\`\`\``,
    ...(rfcs.length > 0 ? [`See ${rfcs.map((rfc) => `[${rfcName(rfc)}](${rfcUrl(rfc)})`).join(', ')}.`] : []),
  ].join('\n\n');
}

function paramTable(params: readonly Field[]): string {
  const rows = params.map(({ name, shape, required, fallback, text }) => {
    const left = required ? 'required' : fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``;
    return [`\`${name}\``, typeCell(shape), left, text];
  });
  return table(['parameter', 'type', 'default', ''], rows);
}

function resultPart({ text, shape }: MethodModel['result']): string[] {
  return shape.kind === 'object'
    ? [`Result: ${text}`, fieldTable('result', shape.fields)]
    : [`Result: ${text} (${typeCell(shape)})`];
}

/** Objects inside have their fields after them, each with the whole path to it. */
function fieldTable(title: string, fields: readonly Field[]): string {
  return table(
    [title, 'type', ''],
    fields.flatMap((field) => fieldRows(field, '')),
  );
}

function fieldRows({ name, shape, text }: Field, before: string): string[][] {
  const path = before + name;
  const inner = fieldsInside(shape);
  const suffix = shape.kind === 'list' ? '[].' : '.';
  return [
    [`\`${path}\``, typeCell(shape), text],
    ...inner.flatMap((field) => fieldRows(field, path + suffix)),
  ];
}

function fieldsInside(shape: Shape): readonly Field[] {
  if (shape.kind === 'object') return shape.fields;
  return shape.kind === 'nullable' || shape.kind === 'list' ? fieldsInside(shape.of) : [];
}

function typeSection({ name, text, shape, values }: TypeModel): string {
  return [`## ${name}`, text, ...typeParts(shape, values)].join('\n\n');
}

function typeParts(shape: Shape, values: Readonly<Record<string, string>>): string[] {
  switch (shape.kind) {
    case 'object':
      return [fieldTable('field', shape.fields)];
    case 'choice':
      return [
        table(
          ['value', ''],
          Object.entries(values).map(([value, meaning]) => [`\`${value}\``, meaning]),
        ),
      ];
    case 'union':
      return shape.members.flatMap((one) =>
        one.shape.kind === 'named'
          ? [`${typeCell(one.shape)}: ${one.text}`]
          : [one.text, fieldTable('field', fieldsInside(one.shape))],
      );
    default:
      return [];
  }
}

function typeCell(shape: Shape): string {
  switch (shape.kind) {
    case 'named':
      return `[${shape.name}](#${anchor(shape.name)})`;
    case 'nullable':
      return `${typeCell(shape.of)} or null`;
    case 'list':
      return `list of ${typeCell(shape.of)}`;
    case 'choice':
      return shape.values.map((value) => (value === ' ' ? 'a space' : `\`${value}\``)).join(' or ');
    case 'map':
      return shape.of === 'string' ? 'object of strings' : 'object';
    case 'unknown':
      return 'any JSON value';
    default:
      return shape.kind;
  }
}

function errorList(kinds: readonly ErrorKind[]): string {
  return table(
    ['kind', ''],
    kinds.map((kind) => [`\`${kind}\``, errorTexts[kind]]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** As GitHub makes it out of a heading. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll('.', '');
}
