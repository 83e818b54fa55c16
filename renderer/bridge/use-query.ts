import { startTransition, useEffect, useState } from 'react';
import type { Args, Method, Result, Topic } from '../../shared/contract.ts';
import { useBridge } from './bridge.ts';
import { createQuery, type QueryState } from './query.ts';
import { onChanged } from './topics.ts';

export interface UseQuery<T> extends QueryState<T> {
  readonly reload: () => void;
}

const noTopics: readonly Topic[] = [];

/**
 * Asks the host, and again when the arguments change or a `changed` event names one of the topics. Data stays on the
 * screen, and with it the focus, until the newer answer is there. Arguments are compared by value. An answer is drawn in
 * pieces between which a click is heard: a whole screen of fields takes a small machine a tenth of a second.
 */
export function useQuery<M extends Method>(
  method: M,
  args: Args<M>,
  topics: readonly Topic[] = noTopics,
): UseQuery<Result<M>> {
  const bridge = useBridge();
  const [query] = useState(() => createQuery<Result<M>>());
  const [state, setState] = useState(query.get);
  const question = JSON.stringify(args);
  const watched = topics.join(' ');

  // No useSyncExternalStore: what it is told is drawn at one go.
  useEffect(
    () =>
      query.subscribe(() => {
        startTransition(() => setState(query.get()));
      }),
    [query],
  );

  useEffect(() => {
    query.ask(() => bridge.call(method, JSON.parse(question) as Args<M>));
  }, [bridge, query, method, question]);

  useEffect(() => {
    const mine = new Set<string>(watched.split(' '));
    return onChanged((changed) => {
      if (changed.some((topic) => mine.has(topic))) query.reload();
    });
  }, [query, watched]);

  return { ...state, reload: query.reload };
}
