import { expect, test } from 'vitest';
import { calmFacts, viewOf } from '../../e2e/support/any-facts.ts';
import type { HostEvent, Reply } from '../../shared/contract.ts';
import type { StatusView } from '../../shared/views.ts';
import { syncOnce } from './sync-once.ts';

const calm = viewOf(calmFacts);
const running = viewOf({
  ...calmFacts,
  running: { phase: 'upload', table: 'orders', done: 0, total: null },
});
const ran: StatusView = { ...calm, lastRun: { at: 5, status: 'completed', received: 0, sent: 3 } };

/** A host whose status a test sets. */
function host(reply: Reply<unknown> = { ok: true, value: { queued: false } }) {
  const listeners = new Set<(event: HostEvent) => void>();
  let view = calm;
  return {
    listeners,
    call: () => Promise.resolve(reply),
    current: () => view,
    subscribe(listener: (event: HostEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    becomes(next: StatusView) {
      view = next;
      for (const listener of listeners) listener({ type: 'status', status: next });
    },
  };
}

const turn = () => new Promise<void>((done) => void setImmediate(done));

async function isOver(work: Promise<void>): Promise<boolean> {
  await turn();
  return await Promise.race([work.then(() => true), turn().then(() => false)]);
}

test('it waits for the end of the cycle that it asked for, and of one queued behind', async () => {
  const one = host();
  const work = syncOnce(one);
  expect(await isOver(work)).toBe(false);
  one.becomes(running);
  expect(await isOver(work)).toBe(false);
  one.becomes({ ...calm, queued: true });
  expect(await isOver(work)).toBe(false);
  one.becomes(ran);
  expect(await isOver(work)).toBe(true);
  expect(one.listeners.size).toBe(0);
});

test('a cycle too quick to be seen running has ended too', async () => {
  const one = host();
  const work = syncOnce(one);
  one.becomes(ran);
  expect(await isOver(work)).toBe(true);
});

test('a refusal and a silence end it', async () => {
  const error = { code: 'NOT_ALLOWED', params: {} };
  await syncOnce(host({ ok: false, error }));
  const silent = host();
  await syncOnce(silent, 1);
  expect(silent.listeners.size).toBe(0);
});
