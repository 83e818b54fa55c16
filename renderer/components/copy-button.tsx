import { Button, type ButtonProps } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useText } from '../i18n/use-text.ts';
import { copyText } from './copy-text.ts';

interface CopyButtonProps extends Omit<ButtonProps, 'children'> {
  readonly text: string;
  /** Instead of "Copy". */
  readonly label?: string;
}

const shownFor = 3_000;

/** Copies `text` and says so, in words and to screen readers. */
export function CopyButton({ text, label, ...button }: CopyButtonProps) {
  const t = useText();
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (outcome === null) return undefined;
    const timer = setTimeout(() => {
      setOutcome(null);
    }, shownFor);
    return () => {
      clearTimeout(timer);
    };
  }, [outcome]);
  const says = { copied: t('common.copied'), refused: t('common.copy-refused') };
  return (
    <Button
      variant="default"
      leftSection={outcome === 'copied' ? <IconCheck aria-hidden /> : <IconCopy aria-hidden />}
      onClick={() => {
        void copyText(text).then((done) => {
          setOutcome(done ? 'copied' : 'refused');
        });
      }}
      {...button}
    >
      <span role="status" aria-live="polite">
        {outcome === null ? (label ?? t('common.copy')) : says[outcome]}
      </span>
    </Button>
  );
}
