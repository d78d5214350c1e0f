import { EVERY_METHOD, errorTexts, type RfcSection } from '../../shared/contract/docs/index.js';
import { type ErrorKind, errorTable } from '../../shared/errors.js';
import {
  type Field,
  type MethodModel,
  methodModels,
  pascal,
  type Shape,
  type TypeModel,
  typeModels,
} from './model.js';
import { rfcName } from './openrpc.js';

// The contract as TypeScript declarations, with a comment on everything: what an editor shows.

/** Every name that `apiDeclarations` declares. */
export function declaredNames(): string[] {
  return [...apiDeclarations().matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name);
}

export function apiDeclarations(): string {
  const types = typeModels().filter(({ shape }) => isDeclared(shape));
  const methods = methodModels();
  return [
    ...types.map(typeDeclaration),
    ...methods.flatMap(methodTypes),
    `${comment(['Every method that can be called, in-process or over the socket.'], '')}export interface Api {\n${methods.map(methodMember).join('\n')}\n}`,
    errorKinds(),
  ].join('\n\n');
}

/** Strings with rules of their own are `string` in TypeScript. */
function isDeclared({ kind }: Shape): boolean {
  return kind === 'object' || kind === 'union' || kind === 'choice';
}

const declared = new Map(
  typeModels().map(({ name, shape }) => [name, isDeclared(shape) ? undefined : shape]),
);

function typeDeclaration({ name, text, shape, values }: TypeModel): string {
  const listed =
    shape.kind === 'union'
      ? shape.members.map((one) => `- \`${namesOf(one.shape)}\`: ${lowerFirst(one.text)}`)
      : Object.entries(values).map(([value, meaning]) => `- \`${value}\`: ${meaning}`);
  const head = comment(listed.length > 0 ? [text, '', ...listed] : [text], '');
  return shape.kind === 'object'
    ? `${head}export interface ${name} ${objectType(shape.fields, '', false)}`
    : `${head}export type ${name} =${shape.kind === 'union' ? '' : ' '}${typeText(shape, '', true)};`;
}

function methodTypes({ name, summary, params, result }: MethodModel): string[] {
  const call = pascal(name);
  return [
    ...(params.length > 0
      ? [
          `${comment([`Parameters of \`${name}\`: ${lowerFirst(summary)}`], '')}export interface ${call}Params ${objectType(params, '', true)}`,
        ]
      : []),
    ...(result.shape.kind === 'object'
      ? [
          `${comment([result.text], '')}export interface ${call}Result ${objectType(result.shape.fields, '', false)}`,
        ]
      : []),
  ];
}

function namesOf(shape: Shape): string {
  if (shape.kind === 'named') return shape.name;
  if (shape.kind !== 'object') return '';
  return `{ ${shape.fields.map(({ name, required }) => name + (required ? '' : '?')).join(', ')} }`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function methodMember(method: MethodModel): string {
  const { name, call, summary, params, result, errors, rfcs } = method;
  const own = pascal(name);
  const isOptional = params.every(({ required }) => !required);
  const paramsType = params.length > 0 ? `${own}Params` : 'Record<string, never>';
  const resultType = result.shape.kind === 'object' ? `${own}Result` : typeText(result.shape, '  ', false);
  const lines = [
    summary,
    '',
    ...(params.length > 0
      ? [`@param params - ${params.map((param) => `\`${param.name}\``).join(', ')}`]
      : []),
    `@returns ${result.text}`,
    ...errors.map((kind) => `@throws \`${kind}\`: ${errorTexts[kind]}`),
    `@throws Any call may also throw ${EVERY_METHOD.map((kind) => `\`${kind}\``).join(', ')}.`,
    '@example',
    '```ts',
    ...exampleLines(method),
    '```',
    ...rfcs.map((section) => `@see {@link ${rfcUrl(section)} | ${rfcName(section)}}`),
  ];
  return `${comment(lines, '  ')}  ${call}(params${isOptional ? '?' : ''}: ${paramsType}): Promise<${resultType}>;`;
}

export function rfcUrl([rfc, section]: RfcSection): string {
  return `https://www.rfc-editor.org/rfc/rfc${rfc}#section-${section}`;
}

function exampleLines({ call, params, example }: MethodModel): string[] {
  const given = params.length > 0 ? literal(example.params) : '';
  return [
    `const result = await client.${call}(${given});`,
    ...`result: ${literal(example.result)}`.split('\n').map((line) => `// ${line}`),
  ];
}

const LONGEST_LINE = 100;

/** A value as people write it in TypeScript: on one line if it is short. */
function literal(value: unknown): string {
  const lines = JSON.stringify(value, undefined, 2)
    .replace(/^(\s*)"([A-Za-z_]\w*)":/gm, '$1$2:')
    .replace(/"((?:[^"\\']|\\[^"])*)"/g, "'$1'");
  const line = lines.replace(/\n\s*/g, ' ').replace(/\[ /g, '[').replace(/ \]/g, ']');
  return line.length <= LONGEST_LINE ? line : lines;
}

function objectType(fields: readonly Field[], indent: string, isSent: boolean): string {
  if (fields.length === 0) return '{}';
  const members = fields.map((field) => member(field, `${indent}  `, isSent));
  return `{\n${members.join('\n')}\n${indent}}`;
}

function member({ name, text, shape, required, fallback }: Field, indent: string, isSent: boolean): string {
  const isOptional = !required && (isSent || fallback === undefined);
  const lines = [text, ...rulesOf(shape)];
  const tag = isSent && fallback !== undefined ? ['', `@defaultValue ${JSON.stringify(fallback)}`] : [];
  const type = typeText(shape, indent, isSent);
  const nothing =
    isSent && shape.kind !== 'nullable' && shape.kind !== 'unknown' ? ' | null | undefined' : ' | undefined';
  return `${comment([...lines, ...tag], indent)}${indent}${name}${isOptional ? '?' : ''}: ${type}${isOptional ? nothing : ''};`;
}

/** The rules of a string or number that TypeScript's own type does not tell. */
function rulesOf(shape: Shape): string[] {
  const inner = shape.kind === 'nullable' || shape.kind === 'list' ? shape.of : shape;
  if (inner.kind !== 'named' || declared.get(inner.name) === undefined) return [];
  const text = typeModels().find(({ name }) => name === inner.name)?.text;
  return text === undefined ? [] : [`${shape.kind === 'list' ? 'Each: ' : ''}${text}`];
}

function typeText(shape: Shape, indent: string, isSent: boolean): string {
  switch (shape.kind) {
    case 'named': {
      const own = declared.get(shape.name);
      return own === undefined ? shape.name : typeText(own, indent, isSent);
    }
    case 'nullable':
      return `${typeText(shape.of, indent, isSent)} | null`;
    case 'list': {
      const of = typeText(shape.of, indent, isSent);
      return /[|{]/.test(of) ? `Array<${of}>` : `${of}[]`;
    }
    case 'object':
      return objectType(shape.fields, indent, isSent);
    case 'union':
      return shape.members
        .map((one) => `\n${indent}  | ${typeText(one.shape, `${indent}    `, isSent)}`)
        .join('');
    case 'choice':
      return shape.values.map((value) => `'${value}'`).join(' | ');
    case 'map':
      return `Record<string, ${shape.of}>`;
    case 'string':
    case 'number':
    case 'boolean':
    case 'unknown':
      return shape.kind;
  }
}

function errorKinds(): string {
  const kinds = Object.keys(errorTable) as ErrorKind[];
  const lines = [
    'What went wrong; a kind never changes its meaning.',
    '',
    ...kinds.map((kind) => `- \`${kind}\`: ${errorTexts[kind]}`),
  ];
  return `${comment(lines, '')}export type ErrorKind =\n${kinds.map((kind) => `  | '${kind}'`).join('\n')};`;
}

function comment(lines: readonly string[], indent: string): string {
  const safe = lines.map((line) => line.replaceAll('*/', '*\\/'));
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`;
  return `${indent}/**\n${safe.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`;
}
