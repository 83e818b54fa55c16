/** One `init` in a process of its own; prints how long it took and the process's largest resident memory. */
import { openApp } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { quietLog } from '../support/quiet-log.ts';

const app = await openApp(readSettings(), quietLog);
const start = performance.now();
await app.init(() => undefined, new AbortController().signal);
const seconds = (performance.now() - start) / 1000;
await app.close();
process.stdout.write(JSON.stringify({ seconds, memoryKb: process.resourceUsage().maxRSS }));
