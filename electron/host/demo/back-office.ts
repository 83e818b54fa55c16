/**
 * The back office of the demo, a process of its own with its own connection to HQ: it changes prices, takes in
 * deliveries, adds and removes products, edits customers. It knows nothing of PayFlow and of no till.
 *
 *   SHOP_DATABASE=postgresql://... node back-office.ts
 */
import { Connections } from '../../remote/connection.ts';
import { parseDatabaseUrl } from '../database-url.ts';
import { seededChance } from './chance.ts';
import { serve } from './helper-process.ts';
import { officeWork } from './back-office-work.ts';

const hq = new Connections({
  address: parseDatabaseUrl(process.env['SHOP_DATABASE'] ?? ''),
  applicationName: 'back office',
});
const chance = seededChance(11);
const done: Record<string, number> = {};
let steps = 0;

async function step(): Promise<void> {
  const task = officeWork[steps % officeWork.length];
  if (task === undefined) return;
  steps += 1;
  const rows = await hq.use((client) => task.run(client, chance, steps));
  done[task.name] = (done[task.name] ?? 0) + rows;
}

serve({ step, pauseMs: () => chance.between(120, 320), tally: () => done });
