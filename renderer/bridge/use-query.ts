import { useEffect, useState, useSyncExternalStore } from 'react';
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
 * screen, and with it the focus, until the newer answer is there. Arguments are compared by value.
 */
export function useQuery<M extends Method>(
  method: M,
  args: Args<M>,
  topics: readonly Topic[] = noTopics,
): UseQuery<Result<M>> {
  const bridge = useBridge();
  const [query] = useState(() => createQuery<Result<M>>());
  const question = JSON.stringify(args);
  const watched = topics.join(' ');

  useEffect(() => {
    query.ask(() => bridge.call(method, JSON.parse(question) as Args<M>));
  }, [bridge, query, method, question]);

  useEffect(() => {
    const mine = new Set<string>(watched.split(' '));
    return onChanged((changed) => {
      if (changed.some((topic) => mine.has(topic))) query.reload();
    });
  }, [query, watched]);

  const state = useSyncExternalStore(query.subscribe, query.get);
  return { ...state, reload: query.reload };
}
