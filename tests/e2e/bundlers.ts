import path from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { webpack } from 'webpack';

/** A bundler of users, with the settings that its manual has for programs of Node. Gives what it warned of. */
export interface Bundler {
  readonly name: string;
  /** What the bundle is called. */
  readonly file: string;
  bundle(entry: string, output: string): Promise<readonly string[]>;
}

export const bundlers: readonly Bundler[] = [
  { name: 'esbuild, as a module', file: 'esbuild.mjs', bundle: (...files) => byEsbuild(...files, 'esm') },
  { name: 'esbuild, as CommonJS', file: 'esbuild.cjs', bundle: (...files) => byEsbuild(...files, 'cjs') },
  { name: 'rollup, as a module', file: 'rollup.mjs', bundle: (...files) => byRollup(...files, 'es') },
  { name: 'rollup, as CommonJS', file: 'rollup.cjs', bundle: (...files) => byRollup(...files, 'cjs') },
  { name: 'webpack', file: 'webpack.cjs', bundle: byWebpack },
];

async function byEsbuild(entry: string, outfile: string, format: 'esm' | 'cjs'): Promise<string[]> {
  const options = { bundle: true, platform: 'node', logLevel: 'silent', minify: true } as const;
  const { warnings } = await build({ entryPoints: [entry], outfile, format, ...options });
  return warnings.map(({ text }) => text);
}

async function byRollup(input: string, file: string, format: 'es' | 'cjs'): Promise<string[]> {
  const warnings: string[] = [];
  const plugins = [nodeResolve({ preferBuiltins: true })];
  const build = await rollup({ input, plugins, onwarn: ({ message }) => warnings.push(message) });
  await build.write({ file, format, inlineDynamicImports: true });
  await build.close();
  return warnings;
}

function byWebpack(entry: string, output: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const place = { path: path.dirname(output), filename: path.basename(output) };
    const compiler = webpack({ mode: 'production', target: 'node20', entry, output: place });
    compiler.run((error, stats) => {
      const { errors = [], warnings = [] } =
        stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
      compiler.close(() => {
        if (error) reject(error);
        else resolve([...errors, ...warnings].map(({ message }) => message));
      });
    });
  });
}
