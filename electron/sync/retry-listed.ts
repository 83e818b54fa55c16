import { tryAgain } from './download/held-rows.ts';
import { downloads, type Run } from './engine.ts';

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
  await tryAgain(run, [
    ...held,
    ...refused.map(({ table, id }) => ({ table, id, op: 'upsert' as const })),
  ]);
}

/** A row that HQ does not show to this terminal stays away; one that is here and is gone at HQ leaves as any other. */
async function fetchAsked(run: Run): Promise<void> {
  const asked = (run.request.fetch ?? []).filter(
    ({ table }) => run.index.has(table) && downloads(run.index.table(table).direction),
  );
  if (asked.length === 0) return;
  const rows = asked.map(({ table, id }) => ({ table, id, op: 'upsert' as const }));
  await tryAgain(run, rows, { force: true });
}
