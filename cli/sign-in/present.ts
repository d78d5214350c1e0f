import { openBrowser } from '../../shared/browser.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { isAttended } from '../terminal/attended.js';
import type { Output } from '../terminal/output.js';
import { type Screen, screenOf } from '../terminal/screen.js';
import { inWords, secondsLeft } from '../terminal/time-left.js';
import { pageWidth, wrap } from '../terminal/wrap.js';
import { copyToClipboard } from './clipboard.js';

type Flow = ResultOf<'add_account'>;

interface Manner {
  /** Whether a browser is opened. */
  readonly browser: boolean;
  /** Why none is, to be said. */
  readonly obstacle?: string | undefined;
}

/** Shows a person where to sign in: an address on a line of its own, or a device code and the address to enter it at. */
export async function present(output: Output, flow: Flow, manner: Manner): Promise<void> {
  if (flow.message !== null) output.say(flow.message);
  if (!output.quiet) for (const line of aboutLines(flow)) output.say(line);
  if (flow.user_code !== null) return presentCode(output, flow, flow.user_code, manner);
  if (flow.authorization_url === null) return;
  await presentAddress(output, flow.authorization_url, manner);
}

/** What is asked for; and the time that is left, where no clock runs down before the person. */
function aboutLines({ expires_at, scopes }: Flow): string[] {
  const seconds = secondsLeft(expires_at);
  return [
    ...(scopes.length > 0 ? wrap(`Asking for: ${scopes.join(', ')}`, pageWidth()) : []),
    ...(seconds === undefined || screenOf()?.moves ? [] : [`You have ${inWords(seconds)}.`]),
  ];
}

async function presentAddress(
  output: Output,
  address: string,
  { browser, obstacle }: Manner,
  instead = 'Open this address:',
): Promise<void> {
  const isOpened = browser && (await openBrowser(address));
  if (!isOpened && obstacle !== undefined && !output.quiet) output.say(`${obstacle}: no browser is opened.`);
  output.say(isOpened ? 'Opening your browser. If it did not open, go to:' : instead);
  output.say(address, 'cyan');
}

async function presentCode(output: Output, flow: Flow, code: string, manner: Manner): Promise<void> {
  const address = flow.verification_uri ?? '';
  const screen = output.isWatched ? screenOf() : undefined;
  if (!manner.browser && screen) await drawCode(output, flow.verification_uri_complete ?? address, screen);
  await presentAddress(output, address, manner, 'Open this address on any device:');
  output.say('and enter the code:');
  if (screen?.hasUnicode) drawBox(output, code);
  else output.say(code, 'bold');
  if (isAttended() && (await copyToClipboard(code))) output.say('It is on your clipboard.');
}

/** The lines of text around a drawn code: message, scopes, address, box, time, and one to spare. */
const LINES_AROUND = 13;
/** Bytes of an address that is drawn. A code has room for 2,953, and one of that size cannot be read from a screen. */
const LONGEST_DRAWN = 1000;

/** A code for a camera, where the whole of it and the text below fit on the screen. */
async function drawCode(output: Output, address: string, screen: Screen): Promise<void> {
  if (!screen.hasColours || !screen.hasUnicode || Buffer.byteLength(address) > LONGEST_DRAWN) return;
  const { renderUnicodeCompact } = await import('uqr');
  const drawn = renderUnicodeCompact(address, { border: 2 });
  const lines = drawn.split('\n');
  const isWide = lines.some((line) => [...line].length > screen.columns);
  if (!isWide && lines.length + LINES_AROUND <= screen.rows) output.draw(drawn);
}

function drawBox(output: Output, code: string): void {
  const line = '─'.repeat(code.length + 8);
  output.draw(`\n  ╭${line}╮`);
  output.say(`  │    ${code}    │`, 'bold');
  output.draw(`  ╰${line}╯\n`);
}
