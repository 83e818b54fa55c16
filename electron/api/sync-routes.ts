/** The published endpoints (DESIGN 10). Their answers are the shapes of the command line's `--json`. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Catalogue } from '../../shared/messages.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Host } from '../host/host-types.ts';
import { logsJson, noticesJson, rejectedJson, statusJson } from '../host/public-json.ts';
import { callerOf } from './authentication.ts';
import { jsonSchema, parseInput } from './input.ts';
import type { PublicApi } from '../host/public-api.ts';

const triggerQuery = z.strictObject({
  direction: z.enum(['push', 'pull', 'both'], 'it must be push, pull or both').default('both'),
});
const logsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(20) });
const tableName = z.string().min(1).max(200);
const resetQuery = z.strictObject({ table: tableName.optional() });
const retryBody = z
  .strictObject({
    rows: z
      .array(z.strictObject({ table: tableName, id: z.string().min(1).max(1_000) }))
      .max(1_000),
  })
  .partial();

const removalBody = z.strictObject({
  table: tableName,
  direction: z.enum(['download', 'upload'], 'it must be download or upload').optional(),
  keep: z.enum(['hq', 'local'], 'it must be hq or local'),
});
const resolveBody = z.strictObject({
  id: z.int().min(1),
  keep: z.enum(['hq', 'local'], 'it must be hq or local'),
});

const noticeBody = z.strictObject({ id: z.int().min(1) });

const startedRun = z.object({
  runId: z.string(),
});

export function addSyncRoutes(
  scope: FastifyInstance,
  host: Host,
  api: PublicApi,
  catalogue: Catalogue,
): void {
  const about = (summary: string, input: object = {}) => ({
    schema: { tags: ['sync'], summary, ...input },
  });

  scope.post(
    '/api/sync/trigger',
    about('Start a sync, or queue one behind the one that runs; answers at once', {
      querystring: jsonSchema(triggerQuery),
    }),
    async (request) => {
      const answer = await host.call(
        callerOf(request),
        'startSync',
        parseInput(triggerQuery, request.query),
      );
      if (!answer.ok) throw new PayflowError(answer.error.code, answer.error.params);
      return { ok: true, runId: startedRun.parse(answer.value).runId };
    },
  );
  scope.post(
    '/api/sync/take-over',
    {
      config: { role: 'manager' },
      ...about('Make this installation the terminal; HQ refuses the one before from then on'),
    },
    async (request) => {
      const answer = await host.call(callerOf(request), 'takeOver', {});
      if (!answer.ok) throw new PayflowError(answer.error.code, answer.error.params);
      return { ok: true, runId: startedRun.parse(answer.value).runId };
    },
  );
  scope.post(
    '/api/sync/retry',
    about('Try held and rejected rows again now: those named, or all', {
      body: jsonSchema(retryBody),
    }),
    async (request) => {
      const { rows } = parseInput(retryBody, request.body ?? {});
      const { runId } = await api.retry(rows ?? []);
      return { ok: true, runId };
    },
  );
  scope.get('/api/sync/removals', about('Deletes in masses that wait for a manager'), () =>
    api.removals(),
  );
  scope.post(
    '/api/sync/removals/resolve',
    {
      config: { role: 'manager' },
      ...about('Answer one: hq, its side holds in this table; local, this terminal does', {
        body: jsonSchema(removalBody),
      }),
    },
    async (request) => {
      const { table, direction, keep } = parseInput(removalBody, request.body);
      const asked = { table, direction: direction ?? null, answer: keep };
      const { runId } = await api.answerRemovals(asked);
      return { ok: true, runId };
    },
  );
  scope.post(
    '/api/sync/conflicts/resolve',
    {
      config: { role: 'manager' },
      ...about('Decide a conflict: the value of that side stands from now on', {
        body: jsonSchema(resolveBody),
      }),
    },
    async (request) => ({
      ok: true,
      ...(await api.resolve(parseInput(resolveBody, request.body))),
    }),
  );
  scope.get(
    '/api/sync/notices',
    about('What was restored, moved or taken over, and whether somebody has seen it'),
    async () => noticesJson(await api.notices(), catalogue),
  );
  scope.post(
    '/api/sync/notices/dismiss',
    {
      config: { role: 'manager' },
      ...about('Settle one that somebody has read; it stays in the list', {
        body: jsonSchema(noticeBody),
      }),
    },
    async (request) => ({
      ok: true,
      ...(await api.dismissNotice(parseInput(noticeBody, request.body))),
    }),
  );
  scope.get('/api/sync/status', about('Is everything safe? State, reason and what waits'), () =>
    statusJson(host.current(), catalogue),
  );
  scope.get(
    '/api/sync/logs',
    about('The last runs that moved something or failed, newest first', {
      querystring: jsonSchema(logsQuery),
    }),
    async (request) => logsJson(await api.logs(parseInput(logsQuery, request.query))),
  );
  scope.get('/api/sync/stats', about('Rows per table, and how many wait'), () => api.stats());
  scope.get('/api/sync/held', about('Rows that wait for a row they refer to'), () => api.held());
  scope.get('/api/sync/rejected', about("Rows that the other side's rules refuse"), async () =>
    rejectedJson(await api.rejected(), catalogue),
  );
  scope.get('/api/sync/conflicts', about('Values that both sides changed'), () => api.conflicts());
  scope.get(
    '/api/sync/oversold',
    about('Counted things of which more was sold than there was'),
    () => api.oversold(),
  );
  scope.get('/api/sync/checkpoints', about("How far each table has read HQ's changes"), () =>
    api.checkpoints(),
  );
  scope.delete(
    '/api/sync/checkpoints',
    {
      config: { role: 'manager' },
      ...about('Compare with HQ anew at the next sync; loses nothing that is unsent', {
        querystring: jsonSchema(resetQuery),
      }),
    },
    async (request) => {
      const { table } = parseInput(resetQuery, request.query);
      return { ok: true, tables: await api.reset(table ?? null) };
    },
  );
}
