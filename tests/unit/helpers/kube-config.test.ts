import { describe, expect, test } from 'vitest';
import { ourUsers, withoutUsers, withUser } from '../../../cli/helpers/kube-config.js';

const corp = {
  name: 'corp',
  command: '/opt/sf/sigilforge',
  args: ['kube-credential', 'corp', 'work', '--id-token'],
};
const any = () => true;

const HEAD = `apiVersion: v1
kind: Config
# the clusters of the company
clusters:
- cluster: {server: "https://kube.example.org"}
  name: corp
`;
const TAIL = `current-context: corp
preferences: {}
`;
const ALICE = `- name: alice
  user:
    token: "users: of alice"   # by hand
# behind alice

`;

/** Texts in which a user can be set up. */
const texts: readonly (readonly [what: string, text: string])[] = [
  ['no file', ''],
  ['no users', HEAD],
  ['no users, and no end of the last line', HEAD.trimEnd()],
  ['an empty list', `${HEAD}users: []\n${TAIL}`],
  ['an empty list with a comment', `${HEAD}users:   []  # later\n${TAIL}`],
  ['null', `${HEAD}users: null\n${TAIL}`],
  ['nothing behind users', `${HEAD}users:\n${TAIL}`],
  ['users at the very end', `${HEAD}users:`],
  ['an empty list at the very end', `${HEAD}users: []`],
  ['another user', `${HEAD}users:\n${ALICE}${TAIL}`],
  ['another user, last, with no end', `${HEAD}users:\n- name: alice\n  user: {}`],
  [
    'a list that is indented',
    `${HEAD}users: # all of them\n\n  # alice\n  - name: alice\n    user: {}\n${TAIL}`,
  ],
  ['names behind what they are for', `${HEAD}users:\n- user:\n    token: x\n  name: alice\n${TAIL}`],
  ['the ends of Windows', `${HEAD}users:\n${ALICE}${TAIL}`.replaceAll('\n', '\r\n')],
  ['no users, and the ends of Windows', HEAD.replaceAll('\n', '\r\n')],
  ['a first line of a document', `---\n${HEAD}users:\n${ALICE}`],
];

describe('a user is put in and taken away such that the text is the same again', () => {
  test.each(texts)('%s', (_, text) => {
    const once = withUser(text, corp);
    expect(ourUsers(once)).toEqual([corp]);
    expect(withUser(once, corp)).toBe(once);
    expect(withoutUsers(once, any)).toBe(text);
    expect(withoutUsers(text, any)).toBe(text);
    const other = { ...corp, name: 'other' };
    const both = withUser(once, other);
    expect(
      ourUsers(both)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['corp', 'other']);
    expect(withoutUsers(both, (name) => name === 'other')).toBe(once);
    expect(withoutUsers(both, any)).toBe(text);
  });
});

test('what is written is found again where kubectl has written it again', () => {
  const rewritten = `apiVersion: v1
users:
- name: alice
  user: {}
- name: corp
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - kube-credential
      - corp
      - work
      - --id-token
      command: /opt/sf/sigilforge
      env: null
      interactiveMode: Never
      provideClusterInfo: false
`;
  expect(ourUsers(rewritten)).toEqual([corp]);
  expect(withoutUsers(rewritten, any)).toBe('apiVersion: v1\nusers:\n- name: alice\n  user: {}\n');
});

test('another account takes the place of the one before', () => {
  const again = { ...corp, args: ['kube-credential', 'corp', 'home'] };
  const text = withUser(withUser(`${HEAD}users:\n${ALICE}`, corp), again);
  expect(ourUsers(text)).toEqual([again]);
});

test('paths and words that YAML reads otherwise are quoted', () => {
  const odd = { name: 'yes', command: '/a b/#c: d', args: ['kube-credential', '1e3', 'null'] };
  const text = withUser('', odd);
  expect(text).toContain('name: "yes"');
  expect(text).toContain('command: "/a b/#c: d"');
  expect(ourUsers(text)).toEqual([odd]);
});

describe('left as it is', () => {
  test('a user of that name with credentials of its own', () => {
    const text = `${HEAD}users:\n- name: corp\n  user:\n    token: x\n`;
    expect(() => withUser(text, corp)).toThrow('has a user of this name already');
    expect(withoutUsers(text, any)).toBe(text);
  });

  test.each([
    ['JSON', '{"apiVersion": "v1", "users": []}\n'],
    ['a list in one line', `${HEAD}users: [{name: alice, user: {}}]\n`],
    ['an anchor', `${HEAD}users: &all\n${ALICE}`],
    ['two documents', `${HEAD}---\n${HEAD}`],
    ['keys that are indented', '  apiVersion: v1\n  kind: Config\n'],
    ['no YAML', 'hello\n'],
  ])('%s', (_, text) => {
    expect(() => withUser(text, corp)).toThrow('not laid out as kubectl writes it');
  });
});
