import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';

interface StepFrameProps {
  readonly title: string;
  readonly about: string;
  readonly onBack?: (() => void) | undefined;
  /** The step's own next button; null: it goes on by itself. */
  readonly next: {
    readonly label: string;
    readonly busy?: boolean;
    readonly disabled?: boolean;
    readonly onNext: () => void;
  } | null;
  readonly children: ReactNode;
}

/** One step: what is asked, the fields, back and next. Enter in a field goes on as the button does. */
export function StepFrame({ title, about, onBack, next, children }: StepFrameProps) {
  const t = useText();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (next !== null && next.disabled !== true && next.busy !== true) next.onNext();
      }}
    >
      <Stack gap="lg" pt="md">
        <Stack gap="xs">
          <Title order={2} size="h3">
            {title}
          </Title>
          <Text>{about}</Text>
        </Stack>
        {children}
        <Group justify="space-between" gap="md">
          {onBack === undefined ? (
            <span />
          ) : (
            <Button variant="default" leftSection={<IconArrowLeft aria-hidden />} onClick={onBack}>
              {t('setup.back')}
            </Button>
          )}
          {next === null ? null : (
            <Button
              type="submit"
              rightSection={<IconArrowRight aria-hidden />}
              loading={next.busy === true}
              disabled={next.disabled === true}
            >
              {next.label}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
