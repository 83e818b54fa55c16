import { Box, Button, Stack } from '@mantine/core';
import { useState } from 'react';
import { CopyButton } from '../components/copy-button.tsx';
import { useText } from '../i18n/use-text.ts';
import { statementsText } from './schema-words.ts';

interface StatementsProps {
  readonly statements: readonly string[];
  /** What they are of, for screen readers. */
  readonly label: string;
  readonly opened?: boolean;
}

/** SQL to be read: folded, with a button to copy it; nothing where there is none. */
export function Statements({ statements, label, opened = false }: StatementsProps) {
  const t = useText();
  const [open, setOpen] = useState(opened);
  if (statements.length === 0) return null;
  const sql = statementsText(statements);
  return (
    <Stack gap="xs" align="flex-start" w="100%">
      <Button
        variant="default"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {open
          ? t('schema.hide-statements')
          : t('schema.show-statements', { count: statements.length })}
      </Button>
      {open ? (
        <>
          <Box
            component="pre"
            tabIndex={0}
            role="region"
            aria-label={label}
            m={0}
            p="sm"
            w="100%"
            mah={360}
            bd="1px solid var(--mantine-color-default-border)"
            style={{ overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
          >
            {sql}
          </Box>
          <CopyButton text={sql} />
        </>
      ) : null}
    </Stack>
  );
}
