import type { ServiceManager } from '../../shared/service/service-places.js';
import type { ServiceControl } from './control.js';
import { launchd } from './launchd.js';
import { systemd } from './systemd.js';

export const controls: Readonly<Record<ServiceManager, ServiceControl>> = { systemd, launchd };
