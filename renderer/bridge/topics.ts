import type { Topic } from '../../shared/contract.ts';

type Listener = (topics: readonly Topic[]) => void;

const listeners = new Set<Listener>();

/** Tells every list that shows one of these topics to ask again. */
export function announce(topics: readonly Topic[]): void {
  for (const listener of listeners) listener(topics);
}

export function onChanged(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
