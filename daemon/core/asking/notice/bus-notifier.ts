import { sessionBus } from '../../../../shared/session-bus.js';
import { BusWriter } from './bus-body.js';
import { callBus } from './bus-connection.js';
import { NoticeFailure } from './notice-failure.js';
import type { NoticeText } from './notice-text.js';

/** Desktop Notifications Specification, "D-BUS Protocol". */
const NOTIFICATIONS = {
  destination: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
};

const APP_NAME = 'Sigilforge';
const REPLACES_NONE = 0;
const NO_ICON = '';
const NEVER_EXPIRES = 0;

/** Shows a notification on the desktop of this session until it is taken away. Rejects if no desktop takes it. */
export async function notifyOnBus({ summary, body }: NoticeText): Promise<() => Promise<void>> {
  const address = sessionBus();
  if (address === null) throw new NoticeFailure('there is no bus');
  const id = await notify(address, { summary, body: withoutMarkup(body) });
  return async () => {
    const which = new BusWriter().uint32(id).bytes;
    await callBus(address, { ...NOTIFICATIONS, member: 'CloseNotification', signature: 'u', body: which });
  };
}

async function notify(address: string, { summary, body }: NoticeText): Promise<number> {
  const args = new BusWriter().string(APP_NAME).uint32(REPLACES_NONE).string(NO_ICON);
  args.string(summary).string(body);
  // Neither actions nor hints.
  args.emptyArray('strings').emptyArray('structs').uint32(NEVER_EXPIRES);
  const call = { ...NOTIFICATIONS, member: 'Notify', signature: 'susssasa{sv}i', body: args.bytes };
  return (await callBus(address, call)).uint32();
}

/** Many servers take the body, and only the body, for markup. */
function withoutMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
