import { describe, expect, test } from 'vitest';
import { CallFailed } from './bridge.ts';
import { createQuery } from './query.ts';

/** Answers that are given by hand, in any order. */
function questions<T>() {
  const open: PromiseWithResolvers<T>[] = [];
  return {
    open,
    ask: (): Promise<T> => {
      const next = Promise.withResolvers<T>();
      open.push(next);
      return next.promise;
    },
  };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('a query', () => {
  test('keeps its data while the next answer is on its way', async () => {
    const { open, ask } = questions<string>();
    const query = createQuery<string>();
    query.ask(ask);
    open[0]?.resolve('first');
    await settled();

    query.reload();
    await settled();

    expect(query.get()).toEqual({ data: 'first', error: null, loading: true });
    open[1]?.resolve('second');
    await settled();
    expect(query.get()).toEqual({ data: 'second', error: null, loading: false });
  });

  test('drops the answer of a page that was left', async () => {
    const { open, ask } = questions<string>();
    const query = createQuery<string>();
    query.ask(ask);
    query.ask(ask);
    open[1]?.resolve('page 2');
    await settled();

    open[0]?.resolve('page 1, late');
    await settled();

    expect(query.get()).toEqual({ data: 'page 2', error: null, loading: false });
  });

  test('asks once more, and not ten times, for ten changes during one question', async () => {
    const { open, ask } = questions<number>();
    const query = createQuery<number>();
    query.ask(ask);
    for (let change = 0; change < 10; change += 1) query.reload();
    expect(open).toHaveLength(1);

    open[0]?.resolve(1);
    await settled();
    expect(open).toHaveLength(2);
    open[1]?.resolve(2);
    await settled();

    expect(open).toHaveLength(2);
    expect(query.get().data).toBe(2);
  });

  test('shows old data beside a failure, and the failure goes with the next answer', async () => {
    const { open, ask } = questions<string>();
    const query = createQuery<string>();
    query.ask(ask);
    open[0]?.resolve('data');
    await settled();
    const failure = new CallFailed('LINK_LOST');

    query.reload();
    open[1]?.reject(failure);
    await settled();
    expect(query.get()).toEqual({ data: 'data', error: failure, loading: false });

    query.reload();
    open[2]?.resolve('newer');
    await settled();
    expect(query.get()).toEqual({ data: 'newer', error: null, loading: false });
  });

  test('a fault of the window itself becomes a failure with a code', async () => {
    const query = createQuery<string>();
    query.ask(() => Promise.reject(new TypeError('oops')));
    await settled();
    expect(query.get().error?.code).toBe('INTERNAL');
  });
});
