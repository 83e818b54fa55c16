import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../i18n/use-text.ts';

interface ValueProps {
  /** null: the field is empty. */
  readonly value: string | null;
  /** There is a value, and it is not shown. */
  readonly secret?: boolean;
}

/** More than this is shown on request only. */
const shortEnough = 400;

/** A value out of the data, which may be huge, right-to-left or hostile: always text, wrapped, never markup. */
export function Value({ value, secret = false }: ValueProps) {
  const t = useText();
  const [open, setOpen] = useState(false);
  if (secret) return <Text c="dimmed">{t('common.value-secret')}</Text>;
  if (value === null) return <Text c="dimmed">{t('common.value-none')}</Text>;
  if (value === '') return <Text c="dimmed">{t('common.value-empty')}</Text>;
  const letters = Array.from(value.slice(0, 2 * shortEnough));
  const long = value.length > shortEnough && letters.length > shortEnough;
  const shown = long && !open ? `${letters.slice(0, shortEnough).join('')}…` : value;
  return (
    <Stack gap={4} align="flex-start" miw={0}>
      <Text
        dir="auto"
        component="bdi"
        style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap', maxWidth: '100%' }}
        mah={open ? 400 : undefined}
        {...(open ? { tabIndex: 0 } : {})}
        className={open ? 'payflow-scroll' : ''}
      >
        {shown}
      </Text>
      {long ? (
        <Button
          variant="subtle"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {t(open ? 'common.show-less' : 'common.show-all', { count: value.length })}
        </Button>
      ) : null}
    </Stack>
  );
}
