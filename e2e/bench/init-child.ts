/** One `init` in a process of its own; prints its largest resident memory in kB. */
import { openApp } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { quietLog } from '../support/quiet-log.ts';

const app = await openApp(readSettings(), quietLog);
await app.init(() => undefined, new AbortController().signal);
await app.close();
process.stdout.write(String(process.resourceUsage().maxRSS));
