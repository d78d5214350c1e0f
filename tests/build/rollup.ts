import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

// Two declaration files out of the many that the compiler writes: only what an entry's exports need, in one file.
// It reads what `tsc` writes, and relies on its layout: each statement begins in the first column. The consumers in
// tests/e2e compile against the result with `skipLibCheck` off, so a name that was left out is an error there.

interface Module {
  readonly file: string;
  /** Declarations by name; overloads stay together. */
  readonly declared: ReadonlyMap<string, string>;
  /** Local names that come from another module: its file, and the name there. */
  readonly imported: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** Exported names, and the local name of each. */
  readonly exported: ReadonlyMap<string, string>;
}

export interface Rollup {
  readonly text: string;
  /** The names that the entry exports. */
  readonly exported: readonly string[];
}

/** `provided` names declarations that are written elsewhere, and stops there. */
export function rollUp(entry: string, provided: ReadonlySet<string>): Rollup {
  const modules = new Map<string, Module>();
  const texts = new Map<string, { readonly file: string; readonly text: string }>();
  const moduleOf = (file: string): Module => {
    const known = modules.get(file) ?? readModule(file);
    modules.set(file, known);
    return known;
  };
  const include = (file: string, name: string): void => {
    if (provided.has(name)) return;
    const module = moduleOf(file);
    const local = module.exported.get(name) ?? name;
    const origin = module.imported.get(local);
    if (origin) include(origin.from, origin.name);
    else declare(module, local);
  };
  const declare = (module: Module, name: string): void => {
    const text = module.declared.get(name);
    if (text === undefined) throw new Error(`${module.file} declares no ${name}.`);
    const earlier = texts.get(name);
    if (earlier?.file === module.file) return;
    if (earlier) throw new Error(`${name} is declared in ${earlier.file} and in ${module.file}.`);
    texts.set(name, { file: module.file, text });
    for (const used of identifiers(text)) {
      if (used !== name && (module.declared.has(used) || module.imported.has(used)))
        include(module.file, used);
    }
  };
  const { exported } = moduleOf(entry);
  const names = [...exported.keys()];
  for (const name of names) include(entry, name);
  const text = [...texts]
    .map(([name, { text }]) => (exported.has(name) ? text : text.replace(/^export /m, '')))
    .join('\n');
  return { text, exported: names };
}

/** The names in a declaration, without its comments and strings. */
function identifiers(text: string): Set<string> {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/'[^']*'|"[^"]*"/g, '');
  return new Set(bare.match(/[A-Za-z_$][\w$]*/g));
}

const STATEMENT = /^(?:\/\*\*|export\b|declare\b|import\b|interface\b|type\b|class\b|abstract\b)/;
const DECLARATION =
  /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const|enum) ([A-Za-z_$][\w$]*)/m;
const IMPORT = /^(import|export)\s+(?:type\s+)?\{([^}]*)\}(?:\s+from\s+'([^']+)')?;/;

function readModule(file: string): Module {
  const declared = new Map<string, string>();
  const imported = new Map<string, { from: string; name: string }>();
  const exported = new Map<string, string>();
  for (const statement of statementsOf(readFileSync(file, 'utf8'))) {
    const [, verb, list = '', from] = IMPORT.exec(statement) ?? [];
    if (verb === undefined) {
      const name = DECLARATION.exec(statement)?.[1];
      if (name === undefined) continue;
      declared.set(name, (declared.get(name) ?? '') + statement);
      if (/^export /m.test(statement)) exported.set(name, name);
      continue;
    }
    for (const item of list.split(',').map((each) => each.trim().replace(/^type /, ''))) {
      if (item === '') continue;
      const [name = '', alias = name] = item.split(/\s+as\s+/);
      if (from !== undefined) imported.set(alias, { from: resolved(file, from), name });
      if (verb === 'export') exported.set(alias, from === undefined ? name : alias);
    }
  }
  return { file, declared, imported, exported };
}

/** A statement begins with its comment, which goes on until the statement's own first line. */
function statementsOf(text: string): string[] {
  const statements: string[] = [];
  let isAfterComment = false;
  for (const line of text.split('\n')) {
    if (STATEMENT.test(line)) {
      if (!isAfterComment || statements.length === 0) statements.push('');
      isAfterComment = line.startsWith('/**');
    }
    statements.push(`${statements.pop() ?? ''}${line}\n`);
  }
  return statements;
}

function resolved(file: string, from: string): string {
  const target = path.join(path.dirname(file), from).replace(/\.js$/, '.d.ts');
  if (from.startsWith('.') && existsSync(target)) return target;
  throw new Error(`${file} needs ${from}, which no shipped declaration may import.`);
}
