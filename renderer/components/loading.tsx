import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import { useText } from '../i18n/use-text.ts';

/** Stands where a list will be, in its height, so that nothing jumps when it comes. */
export function Loading() {
  const t = useText();
  return (
    <Stack gap="sm" role="status" aria-busy>
      <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
      <Skeleton height={48} />
      <Skeleton height={48} />
      <Skeleton height={48} />
    </Stack>
  );
}
