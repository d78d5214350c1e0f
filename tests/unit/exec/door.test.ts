import { expect, test } from 'vitest';
import { Door } from '../../../cli/exec/grant/door.js';
import { openConnection } from '../../../client/connection.js';
import type { DoorRequest } from '../../../daemon/handlers/doors.js';
import { Term } from '../../../shared/term.js';
import { serveStub } from '../../support/start/served.js';
import { stopAfter } from '../../support/start/stop-after.js';

const ID = 'abcdefghijklmnop';

test('a door that is opened again has what is left of its time', async () => {
  const asked: DoorRequest[] = [];
  const open_door = (request: DoorRequest) => {
    asked.push(request);
    return { door: ID, socket: `/doors/${ID}` };
  };
  const first = await stopAfter(serveStub({ handlers: { open_door } }));
  const address = { socket: first.socket, pinned: true };
  const owner = (await openConnection(address)) ?? expect.fail();
  const door = await Door.open(address, owner, { grants: [], name: undefined, term: Term.ofMs(3_600_000) });
  await first.serving.close();
  await stopAfter(serveStub({ handlers: { open_door }, socket: first.socket }));
  await expect.poll(() => asked).toHaveLength(2);
  door.close();
  const [whole = 0, left = 0] = asked.map(({ expires_in_s }) => expires_in_s);
  expect(asked.map((request) => request.door)).toEqual([undefined, ID]);
  expect(whole).toBeLessThanOrEqual(3600);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(whole);
});
