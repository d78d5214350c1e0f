/** What becomes of a command that a document shows. */
export type Fate = Run | NotRun;

interface Run {
  /** What is run in the same shell before it. */
  readonly first?: string;
  /** Its standard input, if it is asked for a value. */
  readonly input?: string;
  /** All of its standard output. */
  readonly prints?: string | RegExp;
  /** What is run next, so that the following command finds what it needs. */
  readonly next?: string;
}

interface NotRun {
  /** Why it is not run here, and what shows instead that it works. */
  readonly because: string;
}

const installs: NotRun = { because: 'it installs from the network, which .ci/run begins with' };
const script: NotRun = { because: 'it is a script of package.json, which .ci/run or a person runs' };
const walls: NotRun = { because: 'tests/e2e/walls.test.ts runs it, with a program that tries more' };
const doctor: NotRun = { because: 'its exit status is that of the machine; tests/doctor/command.test.ts' };
const runner: NotRun = { because: 'it runs the tests, as this one is run' };

const proposal: NotRun = { because: 'no capability asks for a grant there; tests/cli/proposals.test.ts' };

const A_BOT = `mkdir -m 700 watcher
printf '%s' '{"name":"watcher","version":"1.0.0","service":true,"run":{"runner":"command","command":["./main"]}}' > watcher/manifest.json
printf '#!/bin/sh\\nexec sleep 600\\n' > watcher/main
chmod 600 watcher/manifest.json && chmod 700 watcher/main
sigilforge capability add ./watcher`;

const PASSWORD = 'correct horse battery staple\n';

/**
 * Every line of every `sh` block of the documents, in their order; one home for all of them. `[--option]` stands for the
 * command without and with it.
 */
export const FATES: Readonly<Record<string, Fate>> = {
  'npm ci && npm run quickstart': installs,
  'npm ci && npm test': installs,
  'npm ci && npm run build && npm pack --ignore-scripts': installs,
  'npm install -g --prefix ~/.local ./sigilforge-0.1.0.tgz': installs,
  'sigilforge quickstart': { because: 'it takes half a minute; tests/e2e/quickstart.test.ts runs it' },
  'sigilforge daemon start': { prints: /^pid\t\d+\nsocket\t\/.+\n$/ },
  'sigilforge provider set github --client-id YOUR_CLIENT_ID': { prints: '' },
  'sigilforge add-account github work': { prints: 'github/work\n' },
  'sigilforge get-token github work': { prints: 'the token\n' },
  'sigilforge exec --env GH_TOKEN=auth://github/work/token -- gh pr list': { prints: 'gh pr list has 9\n' },
  'sigilforge get-token github work --format header | curl -H @- https://api.github.com/user': {
    prints: '{"login":"ada"}',
  },
  'sigilforge resolve auth://github/work/token': { prints: 'the token\n' },
  'sigilforge secret set openai/key': { input: 'sk-a-key-of-openai\n' },
  'sigilforge exec --env OPENAI_API_KEY=secret://openai/key -- ./agent': {
    prints: /^agent has 18 characters: \[redacted\]\n$/,
  },
  'GH_TOKEN=auth://github/work/token sigilforge exec -- gh pr list': { prints: 'gh pr list has 9\n' },
  'sigilforge inject -i app.conf.tmpl -o app.conf': { prints: '' },
  [`printf '{"jsonrpc":"2.0","id":1,"method":"get_token","params":["github","work"]}\\n' | nc -N -U "$XDG_RUNTIME_DIR/sigilforge.sock"`]:
    { prints: /^\{"jsonrpc":"2.0",.*"access_token":"the token".*\}\n$/ },
  'sigilforge exec --grant auth://github/work/token -- ./agent': { prints: 'agent has 0 characters: \n' },
  "sigilforge exec --grant 'secret://openai/*' --grant-for 1h -- ./agent": {
    prints: 'agent has 0 characters: \n',
  },
  'sigilforge door list': { prints: '' },
  'sigilforge door close NAME': {
    because: 'no program has a door there; tests/cli/door.test.ts opens some',
  },
  'sigilforge capability create weather --runner python': {},
  'sigilforge capability add ./weather': {},
  'sigilforge capability secret set weather API_KEY': { input: 'a key of the weather\n' },
  'sigilforge capability grant weather auth://github/work/token': {},
  'sigilforge capability run weather --args \'{"city":"Bern"}\'': { prints: /^.*Bern.*\n$/ },
  'sigilforge runs list': { prints: /\tweather\tcompleted\t/ },
  'sigilforge capability start watcher': { first: A_BOT },
  'sigilforge capability show watcher': { prints: /^service\trunning$/m },
  'sigilforge capability restart watcher': {},
  'sigilforge capability stop watcher': {},
  'sigilforge capability proposals': { prints: '' },
  'sigilforge capability proposals accept ID': proposal,
  'sigilforge capability proposals decline ID': proposal,
  'sigilforge secret requests': { prints: '' },
  'sigilforge secret answer ID': {
    because: 'no capability asks for a secret there; tests/cli/secret-requests.test.ts',
  },
  'sigilforge audit': { prints: /\tget_token\tauth:\/\/github\/work\/token\treleased\t1\n/ },
  "sigilforge audit --reference 'auth://github/*/token'": { prints: /auth:\/\/github\/work\/token/ },
  'sigilforge audit --program main.py --follow': {
    because: 'it prints rows until a person presses Ctrl-C; tests/cli/audit.test.ts',
  },
  'sigilforge audit verify': { prints: /^intact\ttrue\n/ },
  'sigilforge vault status': { prints: /^state\tunlocked$/m },
  'sigilforge vault set-password': { input: PASSWORD },
  'sigilforge vault set-password --only': {
    because: 'from then on only the password opens the vault, also for the export; tests/vault/vault.test.ts',
  },
  'sigilforge vault add-keychain': {
    because: 'there is no keychain in a sandbox; tests/vault/add-keychain.test.ts has one',
  },
  'sigilforge vault recovery-key': { prints: /^\S{20,}\n$/ },
  'sigilforge vault lock': { next: `printf '${PASSWORD}' | sigilforge vault unlock` },
  'sigilforge vault rotate': {},
  'sigilforge vault export FILE': { input: PASSWORD, next: 'rm FILE' },
  'sigilforge vault export FILE --with-grants': { input: PASSWORD },
  'sigilforge vault import FILE': { first: 'export SIGILFORGE_HOME="$HOME/another"', input: PASSWORD },
  'sigilforge vault import FILE --verify': { input: PASSWORD },
  'sigilforge backup FILE': { first: 'rm FILE', prints: /^accounts\t\d+$/m, next: 'rm FILE' },
  'sigilforge restore FILE': { because: 'the daemon of the sandbox goes on; tests/store/backup.test.ts' },
  'sigilforge doctor': doctor,
  'sigilforge doctor folders socket': doctor,
  'sigilforge doctor --fix': doctor,
  'npm run dev -- list-accounts': {
    because: 'it builds what other tests run; the command line from source is what tests/cli is about',
  },
  'npm run build': script,
  'npm run build:native': script,
  'npm run lint': script,
  'npm test': script,
  'npm run bench': script,
  'npm run test:faults -- --rounds 200': script,
  'npm run test:soak -- 30': script,
  'npm run test:packages': script,
  'sigilforge exec --grant auth://github/work/token -- bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs "$HOME" --tmpfs /run --tmpfs /tmp --bind "$PWD" "$PWD" --unshare-all --die-with-parent --new-session --unsetenv SIGILFORGE_SOCKET ./agent':
    walls,
  'sigilforge exec --grant auth://github/work/token -- setpriv --reuid=agent --regid=agent --clear-groups env -u SIGILFORGE_SOCKET ./agent':
    walls,
  'npx vitest run --config tests/vitest.config.mts tests/oauth': runner,
  'npx vitest run --config tests/vitest.config.mts tests/oauth -t "slow_down"': runner,
  'npx vitest --config tests/vitest.config.mts tests/unit/exec': runner,
  'npm run test:faults -- --rounds 500 tests/faults/random-kill.test.ts': script,
  'npm run test:faults -- tests/faults/mutations.test.ts': script,
  'npm run test:fuzz -- 10': script,
  'npm run bench -- door': script,
};
