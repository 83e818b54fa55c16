import { ActionIcon, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useText } from '../i18n/use-text.ts';

interface PagerProps {
  readonly offset: number;
  readonly limit: number;
  readonly total: number;
  readonly onChange: (offset: number) => void;
}

/** "51 to 100 of 1,234" with one page back and forth; nothing where all fits on one page. */
export function Pager({ offset, limit, total, onChange }: PagerProps) {
  const t = useText();
  if (total <= limit && offset === 0) return null;
  const first = Math.min(offset + 1, total);
  const last = Math.min(offset + limit, total);
  return (
    <Group component="nav" aria-label={t('common.pages')} justify="flex-end" gap="sm">
      <Text role="status" aria-live="polite">
        {t('common.page-of', { first, last, total })}
      </Text>
      <ActionIcon
        variant="default"
        aria-label={t('common.page-before')}
        disabled={offset === 0}
        onClick={() => {
          onChange(Math.max(0, Math.min(offset, total) - limit));
        }}
      >
        <IconChevronLeft aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        aria-label={t('common.page-after')}
        disabled={last >= total}
        onClick={() => {
          onChange(offset + limit);
        }}
      >
        <IconChevronRight aria-hidden />
      </ActionIcon>
    </Group>
  );
}
