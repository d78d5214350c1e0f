import type { Check } from './check.js';
import { accounts } from './checks/accounts.js';
import { audit } from './checks/audit.js';
import { browser } from './checks/browser.js';
import { callbackPorts } from './checks/callback-ports.js';
import { clock } from './checks/clock.js';
import { config } from './checks/config.js';
import { coreFiles } from './checks/core-files.js';
import { daemon } from './checks/daemon.js';
import { database } from './checks/database.js';
import { folders } from './checks/folders.js';
import { keychain } from './checks/keychain.js';
import { log } from './checks/log.js';
import { nativeParts } from './checks/native-parts.js';
import { network } from './checks/network.js';
import { node } from './checks/node.js';
import { packageCheck } from './checks/package.js';
import { service } from './checks/service.js';
import { socket } from './checks/socket.js';
import { swap } from './checks/swap.js';
import { vals } from './checks/vals.js';
import { vault } from './checks/vault.js';

/** Every check in its order: what the others need comes first. */
export const checks: readonly Check[] = [
  node,
  packageCheck,
  nativeParts,
  config,
  folders,
  socket,
  service,
  daemon,
  log,
  database,
  keychain,
  vault,
  accounts,
  clock,
  callbackPorts,
  browser,
  network,
  audit,
  vals,
  coreFiles,
  swap,
];
