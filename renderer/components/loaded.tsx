import { Stack } from '@mantine/core';
import { useDeferredValue, type ReactNode } from 'react';
import type { UseQuery } from '../bridge/use-query.ts';
import { Failure } from './failure.tsx';
import { Loading } from './loading.tsx';

interface LoadedProps<T> {
  readonly query: UseQuery<T>;
  readonly children: (data: T) => ReactNode;
}

/**
 * An answer in its three states. A failed reload stands above the data of the one before, which stays. An answer is drawn
 * in slices, between which a click is answered: a long form takes a slow till more than the blink that a click may wait.
 */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const { error, reload } = query;
  const data = useDeferredValue(query.data);
  const failure = error === null ? null : <Failure error={error} onRetry={reload} />;
  if (data === undefined) return failure ?? <Loading />;
  return (
    <Stack gap="md">
      {failure}
      {children(data)}
    </Stack>
  );
}
