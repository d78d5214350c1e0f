import { expect, test } from 'vitest';
import { busSockets, sessionBus } from '../../../shared/session-bus.js';

test.each([
  ['unix:path=/run/user/1/bus', [{ path: '/run/user/1/bus', guid: undefined }]],
  ['unix:path=/a%20b,guid=12', [{ path: '/a b', guid: '12' }]],
  ['unix:guid=12,abstract=/tmp/x', [{ path: '\0/tmp/x', guid: '12' }]],
  [
    'tcp:host=127.0.0.1,port=1;unix:path=/a;;unix:abstract=b',
    [
      { path: '/a', guid: undefined },
      { path: '\0b', guid: undefined },
    ],
  ],
  ['unix:path=%zz', []],
  ['unix:tmpdir=/tmp', []],
  ['autolaunch:', []],
  ['', []],
])('%s leads to these sockets', (address, sockets) => {
  expect(busSockets(address)).toEqual(sockets);
});

test('the bus of a login is beside its runtime folder, unless an address says otherwise', () => {
  expect(busSockets(sessionBus({ XDG_RUNTIME_DIR: '/run/user/ü ,;=' }) ?? '')).toEqual([
    { path: '/run/user/ü ,;=/bus', guid: undefined },
  ]);
  expect(sessionBus({ XDG_RUNTIME_DIR: '/run', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/a' })).toBe(
    'unix:path=/a',
  );
  expect(sessionBus({})).toBeNull();
});
