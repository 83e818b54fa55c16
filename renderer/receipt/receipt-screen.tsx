import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconReceipt, IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useQuery } from '../bridge/use-query.ts';
import { Loaded } from '../components/loaded.tsx';
import { Screen } from '../components/screen.tsx';
import { useText } from '../i18n/use-text.ts';
import { ReceiptCard } from './receipt-card.tsx';
import { answersTo } from './receipt-words.ts';

/** Is this sale at HQ? One number in, one clear answer out, which stays true while it is looked at. */
export function ReceiptScreen() {
  const t = useText();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState({ number: '', times: 0 });

  // After the frame has put the focus on its heading (`Screen`): here a person comes to type, or a scanner does.
  useEffect(() => {
    const timer = setTimeout(() => {
      field.current?.focus();
    });
    return () => {
      clearTimeout(timer);
    };
  }, []);

  const find = (event: FormEvent): void => {
    event.preventDefault();
    const number = typed.trim();
    if (number === '') return;
    setAsked(({ times }) => ({ number, times: times + 1 }));
    // The next scan takes the place of this one.
    field.current?.select();
  };
  return (
    <Screen title={t('receipt.title')}>
      <form role="search" onSubmit={find}>
        <Group align="flex-end" gap="sm">
          <TextInput
            ref={field}
            size="xl"
            flex={1}
            label={t('receipt.number')}
            description={t('receipt.hint')}
            leftSection={<IconReceipt aria-hidden />}
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            value={typed}
            onChange={({ currentTarget: { value } }) => {
              setTyped(value);
            }}
          />
          <Button type="submit" size="xl" leftSection={<IconSearch aria-hidden />}>
            {t('receipt.find')}
          </Button>
        </Group>
      </form>
      {asked.number === '' ? null : <Answers key={asked.times} number={asked.number} />}
    </Screen>
  );
}

function Answers({ number }: { readonly number: string }) {
  const t = useText();
  const query = useQuery('findReceipt', { number }, ['runs', 'held', 'rejected']);
  return (
    <Loaded query={query}>
      {(found) => {
        const answers = answersTo(number, found);
        return (
          <Stack gap="md" role="status" aria-live="polite">
            {answers.length > 1 ? (
              <Text>{t('receipt.answers', { count: answers.length })}</Text>
            ) : null}
            <Stack component="ul" gap="md" m={0} p={0}>
              {answers.map((answer, place) => (
                // The same number may stand several times in one table: only the place tells them apart.
                <ReceiptCard key={place} answer={answer} />
              ))}
            </Stack>
          </Stack>
        );
      }}
    </Loaded>
  );
}
