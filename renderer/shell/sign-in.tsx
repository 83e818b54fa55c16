import { Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { asCallFailed, type CallFailed } from '../bridge/bridge.ts';
import { Failure } from '../components/failure.tsx';
import { useText } from '../i18n/use-text.ts';

interface SignInPageProps {
  /** Rejects with `CallFailed`. */
  readonly onToken: (token: string) => Promise<void>;
}

/** The console without a session: the one-time link was used or is old. */
export function SignInPage({ onToken }: SignInPageProps) {
  const t = useText();
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CallFailed | null>(null);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    await onToken(token.trim()).catch((refused: unknown) => {
      setError(asCallFailed(refused));
    });
    setBusy(false);
  };
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder p="xl" maw={560}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Stack>
            <Title order={1} size="h2">
              {t('shell.sign-in')}
            </Title>
            <Text>{t('shell.sign-in-about')}</Text>
            <PasswordInput
              label={t('shell.sign-in-token')}
              value={token}
              autoComplete="off"
              required
              onChange={(event) => {
                setToken(event.currentTarget.value);
              }}
            />
            {error === null ? null : <Failure error={error} />}
            <Button type="submit" loading={busy} disabled={token.trim() === ''}>
              {t('shell.sign-in-do')}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
