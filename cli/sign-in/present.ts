import { openBrowser } from '../../shared/browser.js';
import type { ResultOf } from '../../shared/contract/index.js';
import type { Output } from '../terminal/output.js';

type Flow = ResultOf<'add_account'>;

/** Shows a person where to sign in: an address on a line of its own, or a device code and the address to enter it at. */
export async function present(
  output: Output,
  flow: Flow,
  { browser }: { readonly browser: boolean },
): Promise<void> {
  if (flow.message !== null) output.say(flow.message);
  if (flow.user_code !== null) return presentCode(output, flow, flow.user_code);
  if (flow.authorization_url === null) return;
  const opened = browser && (await openBrowser(flow.authorization_url));
  output.say(opened ? 'Opening your browser. If it did not open, go to:' : 'Open this address:');
  output.say(flow.authorization_url, 'cyan');
}

async function presentCode(output: Output, flow: Flow, code: string): Promise<void> {
  const address = flow.verification_uri ?? '';
  const complete = flow.verification_uri_complete ?? address;
  if (output.isWatched) await drawCode(output, complete);
  output.say('Open this address on any device:');
  output.say(address, 'cyan');
  output.say('and enter the code:');
  if (output.isWatched) drawBox(output, code);
  else output.say(code);
}

async function drawCode(output: Output, address: string): Promise<void> {
  const { renderUnicodeCompact } = await import('uqr');
  output.draw(renderUnicodeCompact(address, { border: 2 }));
}

function drawBox(output: Output, code: string): void {
  const line = '─'.repeat(code.length + 8);
  output.draw(`\n  ╭${line}╮`);
  output.say(`  │    ${code}    │`, 'bold');
  output.draw(`  ╰${line}╯\n`);
}
