import { tryAgain } from './download/held-rows.ts';
import { downloads, slices, type Run } from './engine.ts';

/**
 * `retry`: rows a person asks for are tried whatever stood against them. Rejected uploads become pending again;
 * held and rejected downloads are re-read now. `fetch` comes first: the parents that those may wait for.
 */
export async function retryListed(run: Run): Promise<void> {
  await fetchAsked(run);
  if (run.request.retry.length === 0) return;
  const asked = new Set(run.request.retry.map((row) => `${row.table}\0${row.id}`));
  const uploads = run.local
    .rejected('upload')
    .filter((row) => asked.has(`${row.table}\0${row.id}`));
  if (uploads.length > 0) {
    run.local.write(() => {
      for (const row of uploads) run.local.reject({ ...row, seq: -1 });
    });
  }
  const held = run.local
    .held()
    .filter((row) => row.direction === 'download' && asked.has(`${row.table}\0${row.id}`));
  const refused = run.local
    .rejected('download')
    .filter((row) => asked.has(`${row.table}\0${row.id}`));
  const reread = refused.map(({ table, id }) => ({ table, id, op: 'upsert' as const }));
  await tryInPages(run, [...held, ...reread]);
}

/**
 * No list, however long, is one transaction: a sale waits for it. What needs a row of a later page is held until the
 * feed has been read, which releases it.
 */
async function tryInPages(
  run: Run,
  rows: Parameters<typeof tryAgain>[1],
  options: Parameters<typeof tryAgain>[2] = {},
): Promise<void> {
  for (const page of slices(rows, run.limits.pageSize)) await tryAgain(run, page, options);
}

/** A row that HQ does not show to this terminal stays away; one that is here and is gone at HQ leaves as any other. */
async function fetchAsked(run: Run): Promise<void> {
  const asked = (run.request.fetch ?? []).filter(
    ({ table }) => run.index.has(table) && downloads(run.index.table(table).direction),
  );
  if (asked.length === 0) return;
  const rows = asked.map(({ table, id }) => ({ table, id, op: 'upsert' as const }));
  await tryInPages(run, rows, { force: true });
}
