/**
 * `npm run bench`: the two ratios the product promises, what a POS beside it waits for, and what a person feels of the app, measured on this machine in
 * this run. `npm run bench -- app` measures the app alone, `-- engine` the engine alone.
 */
import { measureApp, type AppFigures, type InputFigures } from './app.ts';
import { createCompany } from './company.ts';
import { measureDownload } from './download.ts';
import { hasProgram, rate } from './measure.ts';
import { measurePosBeside, type PosFigures } from './pos-beside.ts';
import { measureUpload } from './upload.ts';

const wanted = process.argv[2] ?? 'all';
if (!['all', 'engine', 'app'].includes(wanted)) {
  throw new Error('npm run bench takes nothing, "engine" or "app"');
}
const missing = ['psql', 'sqlite3'].filter((name) => !hasProgram(name));
const company = await createCompany();
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
try {
  if (wanted !== 'app') await benchEngine();
  if (wanted !== 'engine') sayApp(await measureApp(company));
} finally {
  await company.close();
}

async function benchEngine(): Promise<void> {
  const download = await measureDownload(company, missing.length === 0);
  say(
    `First load of ${download.rows.toLocaleString('en')} products: ${rate(download.rows, download.ours)}`,
  );
  say(
    `  largest resident memory ${Math.round(download.memoryMb).toString()} MB (target: under 400)`,
  );
  if (download.pipe === null) {
    say(
      `  not compared: ${missing.join(' and ')} missing (Debian packages postgresql-client, sqlite3)`,
    );
  } else {
    say(`  psql | sqlite3 .import: ${rate(download.rows, download.pipe)}`);
    const withProcess = (download.pipe / download.oursWithProcess).toFixed(2);
    say(
      `  ratio ${(download.pipe / download.ours).toFixed(2)} (target: 0.50 or more; ${withProcess} with the start of our process)`,
    );
  }
  for (const goods of ['customers', 'sales'] as const) {
    const upload = await measureUpload(company, goods);
    const what = goods === 'sales' ? 'rows of sales' : goods;
    say(`Upload of ${upload.rows.toLocaleString('en')} ${what}: ${rate(upload.ours, 1)}`);
    say(`  one awaited upsert per row: ${rate(upload.single, 1)}`);
    say(`  ratio ${(upload.ours / upload.single).toFixed(1)} (target: 20 or more)`);
  }
  const beside = await measurePosBeside(company);
  say('A POS that goes on selling in another process:');
  sayPos('while 20,000 customers go up', beside.upload);
  sayPos('while 100,000 changes of HQ come down', beside.download);
}

function sayPos(when: string, { sales, saleMedian, saleLongest, lockLongest }: PosFigures): void {
  const times = `median ${saleMedian.toFixed(1)} ms, longest ${saleLongest.toFixed(0)} ms`;
  const lock = `write lock held at most ${lockLongest.toFixed(0)} ms (target: 250)`;
  say(`  ${when}: ${sales.toLocaleString('en')} sales, ${times}; ${lock}`);
}

function sayApp({ coldStart, idle, input, firstInput, sale }: AppFigures): void {
  const ms = (value: number): string => `${Math.round(value).toString()} ms`;
  say('The app, measured on `payflow serve` with its page in a Chromium (not on Electron):');
  say(`  cold start to a usable page: ${coldStart.toFixed(2)} s (target: under 2)`);
  if (idle === null) {
    say('  idle CPU and memory: not measured, /proc is missing on this system');
  } else {
    say(`  idle CPU of the host process: ${idle.cpuPercent.toFixed(2)} % (target: under 1)`);
    say(
      `  idle memory of the host process: ${Math.round(idle.memoryMb).toString()} MB (target: under 200)`,
    );
  }
  const clicks = ({ median, largest, slowest, clicks: count }: InputFigures): string =>
    `${ms(median)}, at most ${ms(largest)} (${slowest}) in ${count.toString()} clicks`;
  say(`  click to the next screen while 200,000 rows arrive: ${clicks(input)} (target: under 100)`);
  say(`  the same in a browser just started: ${clicks(firstInput)}`);
  say(
    `  sale committed by another process to "at HQ": ${ms(sale.median)}, at most ${ms(sale.largest)} (target: under 1,000)`,
  );
}
