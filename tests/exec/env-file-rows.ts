// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Some readers replace them, and others do not.
import type { Reading } from '../support/env-readers/readers.js';

/** An env file, what each reader makes of it, and the line that ours names where it refuses it. */
export interface Row {
  readonly what: string;
  readonly text: string;
  readonly compose: Reading;
  readonly dotenv: Reading;
  readonly python: Reading;
  readonly refusedAt?: number;
}

/** All read this. */
function alike(what: string, text: string, all: Reading): Row {
  return { what, text, compose: all, dotenv: all, python: all };
}

/** One of them reads something else, or nothing, so ours refuses it. */
function unlike(what: string, text: string, refusedAt: number, each: Omit<Row, 'what' | 'text'>): Row {
  return { what, text, ...each, refusedAt };
}

/** All read this here, but not in every place where it can stand, so ours refuses it everywhere. */
function cautious(what: string, text: string, refusedAt: number, all: Reading): Row {
  return { ...alike(what, text, all), refusedAt };
}

export const rows: readonly Row[] = [
  alike('nothing at all', '', {}),
  alike('a value', 'A=1\n', { A: '1' }),
  alike('no newline at the end', 'A=1', { A: '1' }),
  alike('empty lines, blank lines, a tab-only line', 'A=1\n\n \n\t\n \t \nB=2\n', { A: '1', B: '2' }),
  alike('comments, indented too', '# a\n  # b\n\t#c=d\n#\nA=1\n', { A: '1' }),
  alike('a comment with quotes in it', "# it's \"so\nA=1\n# 'B=2\n", { A: '1' }),
  alike('export', 'export A=1\nexport  B=2\nexport\tC=3\n  export D=4\n', { A: '1', B: '2', C: '3', D: '4' }),
  alike('export as a name', 'export=1\n', { export: '1' }),
  unlike('export without a name', 'export =1\n', 1, {
    compose: { '': '1' },
    dotenv: { export: '1' },
    python: {},
  }),
  unlike('export alone', 'A=1\nexport\nB=2\n', 2, {
    compose: { A: '1', B: '2' },
    dotenv: { A: '1', B: '2' },
    python: { A: '1', export: null, B: '2' },
  }),
  unlike('an exported name alone', 'A=1\nexport B\nC=2\n', 2, {
    compose: { A: '1', C: '2' },
    dotenv: { A: '1', C: '2' },
    python: { A: '1', B: null, C: '2' },
  }),
  unlike('a name alone', 'A=1\nB\nC=2\n', 2, {
    compose: { A: '1', C: '2' },
    dotenv: { A: '1', C: '2' },
    python: { A: '1', B: null, C: '2' },
  }),
  unlike('a name alone at the end', 'A=1\nB', 2, {
    compose: { '': 'B', A: '1' },
    dotenv: { A: '1' },
    python: { A: '1', B: null },
  }),
  unlike('a name alone with a comment', 'B # c\nA=1\n', 1, {
    compose: 'fault',
    dotenv: { A: '1' },
    python: { B: null, A: '1' },
  }),
  alike('blanks around =', 'A =1\nB= 2\nC = 3\nD\t=\t4\n  E=5\n', { A: '1', B: '2', C: '3', D: '4', E: '5' }),
  unlike('a colon', 'A=1\nB: x\n', 2, {
    compose: { A: '1', B: 'x' },
    dotenv: { A: '1', B: 'x' },
    python: { A: '1' },
  }),
  unlike('a colon without a blank', 'B:x\n', 1, { compose: { B: 'x' }, dotenv: {}, python: { 'B:x': null } }),
  alike('empty values', 'A=\nB= \nC=\'\'\nD=""\nE=""  \nF=\'\' # c\n', {
    A: '',
    B: '',
    C: '',
    D: '',
    E: '',
    F: '',
  }),
  alike('an empty value before an empty line', 'A=\n\nB=2\n', { A: '', B: '2' }),
  alike('the last of two values', 'A=1\nB=2\nA=3\n', { A: '3', B: '2' }),
  alike('names', 'a.b=1\na-b=2\n_=3\nA1_b=4\n', { 'a.b': '1', 'a-b': '2', _: '3', A1_b: '4' }),
  unlike('a name that starts with a digit', 'A=1\n1B=2\n', 2, {
    compose: { A: '1' },
    dotenv: { A: '1', '1B': '2' },
    python: { A: '1', '1B': '2' },
  }),
  cautious('a name that starts with a dot', '.A=1\n', 1, { '.A': '1' }),
  unlike('a name with a letter of another alphabet', 'É=1\n', 1, {
    compose: { É: '1' },
    dotenv: {},
    python: { É: '1' },
  }),
  unlike('a name with a blank', 'A B=1\n', 1, { compose: 'fault', dotenv: {}, python: {} }),
  unlike('a name with brackets', 'A[0]=1\n', 1, {
    compose: { 'A[0]': '1' },
    dotenv: {},
    python: { 'A[0]': '1' },
  }),
  unlike('a name in quotes', "'A'=1\n", 1, { compose: 'fault', dotenv: {}, python: { A: '1' } }),
  unlike('a name that JavaScript keeps for itself', '__proto__=1\n', 1, {
    compose: { ['__proto__']: '1' },
    dotenv: {},
    python: { ['__proto__']: '1' },
  }),
  unlike('= alone', '=1\n', 1, { compose: { '': '1' }, dotenv: {}, python: {} }),
  alike('= in a value', "A=b=c==\nB='x=y'\n", { A: 'b=c==', B: 'x=y' }),
  alike('blanks in a value', 'A=one  two\tthree\n', { A: 'one  two\tthree' }),
  alike('trailing blanks', 'A=1  \nB=2\t\nC="3" \n', { A: '1', B: '2', C: '3' }),
  alike('a comment after a value', 'A=1 # c\nB=2  #c # d\nC=secret://key # the key\nD=3\t # c\n', {
    A: '1',
    B: '2',
    C: 'secret://key',
    D: '3',
  }),
  alike('a comment with quotes after a value', "A=1 # it's\nB='2' # it's \"2\"\n", { A: '1', B: '2' }),
  unlike('# without a blank', 'A=1#2\n', 1, {
    compose: { A: '1#2' },
    dotenv: { A: '1' },
    python: { A: '1#2' },
  }),
  unlike('# behind a tab', 'A=1\t#2\n', 1, {
    compose: { A: '1\t#2' },
    dotenv: { A: '1' },
    python: { A: '1' },
  }),
  unlike('# in the place of a value', 'A=#2\n', 1, {
    compose: { A: '#2' },
    dotenv: { A: '' },
    python: { A: '#2' },
  }),
  unlike('a comment in the place of a value', 'A= # c\n', 1, {
    compose: { A: '# c' },
    dotenv: { A: '' },
    python: { A: '# c' },
  }),
  unlike('# without a blank, then with one', 'A=1#2 # c\n', 1, {
    compose: { A: '1#2' },
    dotenv: { A: '1' },
    python: { A: '1#2' },
  }),
  alike('# in quotes', "A='1#2'\nB=\"1 # 2\"\nC='#' # c\n", { A: '1#2', B: '1 # 2', C: '#' }),
  alike('a comment right behind a quote', 'A=\'1\'#c\nB="2"#c\n', { A: '1', B: '2' }),
  alike('a comment behind a quote and a tab', "A='1'\t#c\n", { A: '1' }),
  alike('single quotes', "A='x y'\nB='say \"hi\"'\nC='`x`'\n", { A: 'x y', B: 'say "hi"', C: '`x`' }),
  alike('double quotes', 'A="x y"\nB="it\'s"\nC="`x`"\n', { A: 'x y', B: "it's", C: '`x`' }),
  alike('quotes inside a value', "A=it's\nB=x\"y\"z\nC=a'b'\n", { A: "it's", B: 'x"y"z', C: "a'b'" }),
  unlike('backticks', 'A=`x y`\n', 1, {
    compose: { A: '`x y`' },
    dotenv: { A: 'x y' },
    python: { A: '`x y`' },
  }),
  alike('a backtick inside a value', 'A=x`y`\n', { A: 'x`y`' }),
  unlike('a single quote that is not closed', "A=1\nB='x\nC=2\n", 2, {
    compose: 'fault',
    dotenv: { A: '1', B: "'x", C: '2' },
    python: { A: '1', C: '2' },
  }),
  unlike('a double quote that is not closed', 'A=1\nB="x\n', 2, {
    compose: 'fault',
    dotenv: { A: '1', B: '"x' },
    python: { A: '1' },
  }),
  unlike('text behind a single quote', "A='x'y\n", 1, {
    compose: { A: 'x' },
    dotenv: { A: "'x'y" },
    python: {},
  }),
  unlike('text behind a double quote', 'A="x" y\n', 1, {
    compose: { A: 'x' },
    dotenv: { A: '"x" y' },
    python: {},
  }),
  unlike('two quoted texts', "A='x''y'\n", 1, { compose: 'fault', dotenv: { A: "x''y" }, python: {} }),
  unlike('an assignment behind a quote', "A='x'B=2\n", 1, {
    compose: { A: 'x', B: '2' },
    dotenv: { A: "'x'B=2" },
    python: {},
  }),
  unlike('text behind the last line of a quote', 'A=1\nB="x\ny" z\n', 3, {
    compose: { A: '1', B: 'x\ny' },
    dotenv: { A: '1', B: '"x' },
    python: { A: '1' },
  }),
  alike('a newline as an escape', 'A="x\\ny"\nB="\\n"\n', { A: 'x\ny', B: '\n' }),
  alike('a carriage return as an escape', 'A="x\\ry"\n', { A: 'x\ry' }),
  alike('\\n outside double quotes', "A=x\\ny\nB='x\\ny'\n", { A: 'x\\ny', B: 'x\\ny' }),
  unlike('an escaped double quote', 'CONFIG="{\\"a\\":1}"\n', 1, {
    compose: { CONFIG: '{"a":1}' },
    dotenv: { CONFIG: '{\\"a\\":1}' },
    python: { CONFIG: '{"a":1}' },
  }),
  unlike('an escaped backslash', 'A="x\\\\y"\n', 1, {
    compose: { A: 'x\\y' },
    dotenv: { A: 'x\\\\y' },
    python: { A: 'x\\y' },
  }),
  unlike('an escaped backslash before n', 'A="x\\\\ny"\n', 1, {
    compose: { A: 'x\\ny' },
    dotenv: { A: 'x\\\ny' },
    python: { A: 'x\\ny' },
  }),
  unlike('an escaped backslash before the quote', 'A="x\\\\"\n', 1, {
    compose: { A: 'x\\' },
    dotenv: { A: 'x\\\\' },
    python: { A: 'x\\' },
  }),
  unlike('a tab as an escape', 'A="x\\ty"\n', 1, {
    compose: { A: 'x\ty' },
    dotenv: { A: 'x\\ty' },
    python: { A: 'x\ty' },
  }),
  unlike('a bell as an escape', 'A="x\\ay"\n', 1, {
    compose: { A: 'x\u0007y' },
    dotenv: { A: 'x\\ay' },
    python: { A: 'x\u0007y' },
  }),
  unlike('a NUL as an escape', 'A="x\\0y"\n', 1, {
    compose: { A: 'x\\y' },
    dotenv: { A: 'x\\0y' },
    python: { A: 'x\\0y' },
  }),
  unlike('an octal escape', 'A="\\0101"\n', 1, {
    compose: { A: 'A' },
    dotenv: { A: '\\0101' },
    python: { A: '\\0101' },
  }),
  unlike('a single quote escaped in double quotes', 'A="it\\\'s"\n', 1, {
    compose: { A: "it\\'s" },
    dotenv: { A: "it\\'s" },
    python: { A: "it's" },
  }),
  unlike('an escaped $', 'A="x\\$y"\n', 1, {
    compose: { A: 'x$y' },
    dotenv: { A: 'x\\$y' },
    python: { A: 'x\\$y' },
  }),
  alike('escapes that none replaces', 'A="\\d\\s\\w\\x41\\u0041\\c"\n', { A: '\\d\\s\\w\\x41\\u0041\\c' }),
  alike('an escaped newline', 'A="x\\\ny"\n', { A: 'x\\\ny' }),
  unlike('an escaped single quote', "A='it\\'s'\n", 1, {
    compose: { A: "it's" },
    dotenv: { A: "it\\'s" },
    python: { A: "it's" },
  }),
  unlike('an escaped backslash in single quotes', "A='x\\\\y'\n", 1, {
    compose: { A: 'x\\\\y' },
    dotenv: { A: 'x\\\\y' },
    python: { A: 'x\\y' },
  }),
  unlike('a backslash before a closing single quote', "A='C:\\'\n", 1, {
    compose: 'fault',
    dotenv: { A: 'C:\\' },
    python: { A: 'C:\\' },
  }),
  alike('backslashes', "A=C:\\new\\table\nB='C:\\dir'\nC=\\\\host\\share\nD=x\\\n", {
    A: 'C:\\new\\table',
    B: 'C:\\dir',
    C: '\\\\host\\share',
    D: 'x\\',
  }),
  alike('several lines in quotes', 'A="one\ntwo\n\n three"\nB=\'four\nfive\'\nC=6\n', {
    A: 'one\ntwo\n\n three',
    B: 'four\nfive',
    C: '6',
  }),
  alike('a line in quotes that looks like another variable', "A='x\nB=2\n# c\n'\nC=3\n", {
    A: 'x\nB=2\n# c\n',
    C: '3',
  }),
  alike(
    'a PEM key',
    'KEY="-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBg+/==\n-----END PRIVATE KEY-----\n"\nB=1\n',
    { KEY: '-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBg+/==\n-----END PRIVATE KEY-----\n', B: '1' },
  ),
  alike('a PEM key in one line', 'KEY="-----BEGIN KEY-----\\nMIIB\\n-----END KEY-----\\n"\n', {
    KEY: '-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n',
  }),
  alike('JSON', 'A={"a":1,"b":["c"]}\nB=\'{"a": "it is # 1"}\'\n', {
    A: '{"a":1,"b":["c"]}',
    B: '{"a": "it is # 1"}',
  }),
  alike('JSON with a comment', 'A={"a":1} # c\n', { A: '{"a":1}' }),
  alike('addresses', 'A=https://host/path?q=1&r=2\nB=postgres://me:pw@host:5432/db?sslmode=off\n', {
    A: 'https://host/path?q=1&r=2',
    B: 'postgres://me:pw@host:5432/db?sslmode=off',
  }),
  unlike('an address with a fragment', 'A=https://host/path#top\n', 1, {
    compose: { A: 'https://host/path#top' },
    dotenv: { A: 'https://host/path' },
    python: { A: 'https://host/path#top' },
  }),
  alike(
    'references',
    'A=secret://team/key\nB=\'auth://github/work/token\'\nC="env://HOME" # c\nD=ref+echo://x\n',
    { A: 'secret://team/key', B: 'auth://github/work/token', C: 'env://HOME', D: 'ref+echo://x' },
  ),
  unlike('a variable', 'A=1\nB=$A\n', 2, {
    compose: { A: '1', B: '1' },
    dotenv: { A: '1', B: '$A' },
    python: { A: '1', B: '$A' },
  }),
  unlike('a variable in braces', 'A=1\nB=${A}\n', 2, {
    compose: { A: '1', B: '1' },
    dotenv: { A: '1', B: '${A}' },
    python: { A: '1', B: '1' },
  }),
  unlike('a variable with a default', 'A=1\nB=${NONE:-d}\n', 2, {
    compose: { A: '1', B: 'd' },
    dotenv: { A: '1', B: '${NONE:-d}' },
    python: { A: '1', B: 'd' },
  }),
  unlike('a variable in double quotes', 'A=1\nB="x$A"\n', 2, {
    compose: { A: '1', B: 'x1' },
    dotenv: { A: '1', B: 'x$A' },
    python: { A: '1', B: 'x$A' },
  }),
  unlike('two $', 'A=pa$$word\n', 1, {
    compose: { A: 'pa$word' },
    dotenv: { A: 'pa$$word' },
    python: { A: 'pa$$word' },
  }),
  unlike('$ before a digit', 'A=$1\n', 1, { compose: 'fault', dotenv: { A: '$1' }, python: { A: '$1' } }),
  unlike('$ at the end', 'A=x$\n', 1, { compose: 'fault', dotenv: { A: 'x$' }, python: { A: 'x$' } }),
  unlike('an escaped $ outside quotes', 'A=x\\$y\n', 1, {
    compose: { A: 'x\\' },
    dotenv: { A: 'x\\$y' },
    python: { A: 'x\\$y' },
  }),
  alike('$ in single quotes', "A='pa$$word $HOME $1 $'\n", { A: 'pa$$word $HOME $1 $' }),
  unlike('a variable in braces in single quotes', "A=1\nB='${A}'\n", 2, {
    compose: { A: '1', B: '${A}' },
    dotenv: { A: '1', B: '${A}' },
    python: { A: '1', B: '1' },
  }),
  alike('$ in a comment', 'A=1 # $x ${y}\n', { A: '1' }),
  alike('CRLF', 'A=1\r\n\r\n# c\r\nB="2"\r\nC=3 # c\r\nD=\r\n', { A: '1', B: '2', C: '3', D: '' }),
  unlike('CRLF in quotes', 'A=1\r\nB="x\r\ny"\r\n', 2, {
    compose: { A: '1', B: 'x\r\ny' },
    dotenv: { A: '1', B: 'x\ny' },
    python: { A: '1', B: 'x\ny' },
  }),
  unlike('CR alone', 'A=1\rB=2\n', 1, {
    compose: { A: '1\rB=2' },
    dotenv: { A: '1', B: '2' },
    python: { A: '1', B: '2' },
  }),
  unlike('CR in a comment', '# c\rA=1\n', 1, { compose: {}, dotenv: { A: '1' }, python: { A: '1' } }),
  unlike('a byte order mark', '\ufeffA=1\n', 1, {
    compose: { A: '1' },
    dotenv: { A: '1' },
    python: { '\ufeffA': '1' },
  }),
  unlike('a byte order mark further down', 'A=1\n\ufeffB=2\n', 2, {
    compose: 'fault',
    dotenv: { A: '1', B: '2' },
    python: { A: '1', '\ufeffB': '2' },
  }),
  alike('a no-break space in quotes', "A='1\u00a0000'\n", { A: '1\u00a0000' }),
  cautious('a no-break space around =', 'A\u00a0=1\n', 1, { A: '1' }),
  cautious('a no-break space at the end', 'A=1\u00a0\n', 1, { A: '1' }),
  cautious('a no-break space before a name', '\u00a0A=1\n', 1, { A: '1' }),
  cautious('a form feed', 'A=1\n\fB=2\n', 2, { A: '1', B: '2' }),
  cautious('a line separator', 'A=1\u2028B=2\n', 1, { A: '1\u2028B=2' }),
  unlike('a line separator in a comment', '# c\u2028B=2\n', 1, {
    compose: {},
    dotenv: { B: '2' },
    python: {},
  }),
  unlike('next line (U+0085) at the end', 'A=1\u0085\n', 1, {
    compose: { A: '1' },
    dotenv: { A: '1\u0085' },
    python: { A: '1' },
  }),
  alike('text of other alphabets', 'A=größe\nB="日本 語"\nC=\'😀\'\n', { A: 'größe', B: '日本 語', C: '😀' }),
  alike('a variable behind a blank line', 'A=1\n \nB=secret://demo/key\n', {
    A: '1',
    B: 'secret://demo/key',
  }),
];
