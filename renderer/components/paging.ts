import { useEffect, useState } from 'react';

export interface Paging {
  readonly offset: number;
  readonly limit: number;
  readonly go: (offset: number) => void;
}

/** Where to stand in a list of `total` rows, that may have become shorter: here, or at its last page. */
export function offsetWithin(offset: number, limit: number, total: number): number {
  if (offset < total) return offset;
  return Math.max(0, Math.ceil(total / limit) - 1) * limit;
}

/** The page of a list that is looked at; `resetOn`: another list (another search), shown from its start. */
export function usePaging(limit: number, resetOn = ''): Paging {
  const [at, setAt] = useState({ offset: 0, list: resetOn });
  const offset = at.list === resetOn ? at.offset : 0;
  return {
    offset,
    limit,
    go(to) {
      setAt({ offset: to, list: resetOn });
    },
  };
}

/** Goes back to the last page when the list has become too short for this one. */
export function useStayWithin({ offset, limit, go }: Paging, total: number | undefined): void {
  const within = total === undefined ? offset : offsetWithin(offset, limit, total);
  useEffect(() => {
    if (within !== offset) go(within);
  });
}
