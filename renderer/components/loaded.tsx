import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { UseQuery } from '../bridge/use-query.ts';
import { Failure } from './failure.tsx';
import { Loading } from './loading.tsx';

interface LoadedProps<T> {
  readonly query: UseQuery<T>;
  readonly children: (data: T) => ReactNode;
}

/** An answer in its three states. A failed reload stands above the data of the one before, which stays. */
export function Loaded<T>({ query: { data, error, reload }, children }: LoadedProps<T>) {
  const failure = error === null ? null : <Failure error={error} onRetry={reload} />;
  if (data === undefined) return failure ?? <Loading />;
  return (
    <Stack gap="md">
      {failure}
      {children(data)}
    </Stack>
  );
}
