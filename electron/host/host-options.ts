import type { Catalogue } from '../../shared/messages.ts';
import type { DesktopPorts } from './host-types.ts';
import type { Log } from './log.ts';
import type { Timers } from './scheduler-shell.ts';
import type { SettingsStore } from './settings-store.ts';

export interface HostOptions {
  readonly settingsStore: SettingsStore;
  readonly log: Log;
  readonly catalogue: Catalogue;
  /** `electron/host/engine-worker.ts` in a checkout, `dist/electron/engine-worker.js` in the app. */
  readonly workerUrl: URL;
  /** Where migrations and manifest stand; absent: beside the code. */
  readonly resources?: string;
  /** Absent in `serve`. */
  readonly desktop?: DesktopPorts;
  /** What stands inside is a demo: every screen says so. */
  readonly demo?: boolean;
  /** A demo can be started inside. */
  readonly demoAllowed?: boolean;
  readonly timers?: Timers;
  /** False: nothing starts by itself, only what somebody asks for. Default: unless PAYFLOW_NO_TIMER is 1. */
  readonly automatic?: boolean;
}
