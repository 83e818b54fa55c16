import { VisuallyHidden } from '@mantine/core';
import { useText } from '../i18n/use-text.ts';
import { useNow } from './use-now.ts';

interface WhenProps {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How long ago (or in how long); the exact time on hover and for screen readers. */
export function When({ at }: WhenProps) {
  const t = useText();
  const now = useNow(10_000);
  const exact = t.dateTime(at);
  return (
    <time dateTime={new Date(at).toISOString()} title={exact}>
      {t.ago(at, now)}
      <VisuallyHidden> ({exact})</VisuallyHidden>
    </time>
  );
}
