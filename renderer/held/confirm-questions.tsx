import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconTrashX } from '@tabler/icons-react';
import { useState } from 'react';
import type { ConfirmQuestion } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Dialog } from '../components/dialog.tsx';
import { Failure } from '../components/failure.tsx';
import { Said } from '../components/said.tsx';
import { tableLabel } from '../components/table-label.ts';
import { useAct } from '../components/use-act.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { yesNo } from './held-words.ts';

type Answer = 'hq' | 'local';

/** Mass removals that wait for a manager (DESIGN 5.3). Nothing of it is shown while there is none. */
export function ConfirmQuestions() {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const { data, error, reload } = useQuery('confirmQuestions', {}, ['held']);
  const [asked, setAsked] = useState<{ question: ConfirmQuestion; answer: Answer } | null>(null);

  const answerNow = async (ref: string, answer: Answer): Promise<string> => {
    const { queued } = await call('answerConfirm', { ref, answer });
    return t('held.confirm.done', { queued: yesNo(queued) });
  };
  if (error !== null) return <Failure error={error} onRetry={reload} />;
  return (
    <Stack gap="md" mb={data === undefined || data.length === 0 ? 0 : 'md'}>
      <Said acting={acting} />
      {data?.map((question) => (
        <Question
          key={question.ref}
          question={question}
          onAnswer={(answer) => {
            setAsked({ question, answer });
          }}
        />
      ))}
      {asked === null ? null : (
        <Sure
          question={asked.question}
          answer={asked.answer}
          onClose={() => {
            setAsked(null);
          }}
          onYes={() => {
            setAsked(null);
            acting.act('answer', () => answerNow(asked.question.ref, asked.answer));
          }}
        />
      )}
    </Stack>
  );
}

interface QuestionProps {
  readonly question: ConfirmQuestion;
  readonly onAnswer: (answer: Answer) => void;
}

function Question({ question, onAnswer }: QuestionProps) {
  const t = useText();
  const manager = useIsManager();
  const { direction, waiting, staying, size, answer, since } = question;
  const table = tableLabel(question.table);
  const facts = { table, waiting, staying, size, at: t.dateTime(since) };
  const title = t(`held.confirm.title.${direction}`, facts);
  return (
    <Alert
      color="yellow"
      icon={<IconTrashX aria-hidden />}
      title={title}
      role="region"
      aria-label={title}
    >
      <Stack gap="sm">
        <Text>{t('held.confirm.safe', facts)}</Text>
        {staying === 0 ? null : <Text>{t('held.confirm.staying', facts)}</Text>}
        {answer === null ? null : (
          <Text fw={600}>{t(`held.confirm.answered.${direction}.${answer}`)}</Text>
        )}
        {manager ? (
          <Group>
            {(['hq', 'local'] as const)
              .filter((one) => one !== answer)
              .map((one) => (
                <Button
                  key={one}
                  variant="default"
                  aria-label={`${t(`held.confirm.${direction}.${one}`)}: ${table}`}
                  onClick={() => {
                    onAnswer(one);
                  }}
                >
                  {t(`held.confirm.${direction}.${one}`)}
                </Button>
              ))}
          </Group>
        ) : (
          <Text>{t('held.confirm.manager')}</Text>
        )}
      </Stack>
    </Alert>
  );
}

interface SureProps {
  readonly question: ConfirmQuestion;
  readonly answer: Answer;
  readonly onYes: () => void;
  readonly onClose: () => void;
}

/** Deleting hundreds of rows, or bringing them back everywhere, is asked twice. */
function Sure({ question, answer, onYes, onClose }: SureProps) {
  const t = useText();
  const { direction, waiting, staying } = question;
  const facts = { table: tableLabel(question.table), count: waiting + staying };
  return (
    <Dialog title={t(`held.confirm.${direction}.${answer}`)} onClose={onClose} size={560}>
      <Stack gap="md">
        <Text>{t(`held.confirm.sure.${direction}.${answer}`, facts)}</Text>
        <Group>
          <Button onClick={onYes}>{t('held.confirm.yes')}</Button>
          <Button variant="default" onClick={onClose}>
            {t('held.confirm.no')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
