/** `npm run bench`: the two ratios the product promises, measured on this machine in this run. */
import { createCompany } from './company.ts';
import { measureDownload } from './download.ts';
import { hasProgram, rate } from './measure.ts';
import { measureUpload } from './upload.ts';

const missing = ['psql', 'sqlite3'].filter((name) => !hasProgram(name));
const company = await createCompany();
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
try {
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
  const upload = await measureUpload(company);
  say(`Upload of ${upload.rows.toLocaleString('en')} customers: ${rate(upload.ours, 1)}`);
  say(`  one awaited upsert per row: ${rate(upload.single, 1)}`);
  say(`  ratio ${(upload.ours / upload.single).toFixed(1)} (target: 20 or more)`);
} finally {
  await company.close();
}
