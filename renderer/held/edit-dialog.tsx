import { Button, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { RejectedRowDetail, RejectedRowListed } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Loaded } from '../components/loaded.tsx';
import { Said } from '../components/said.tsx';
import { tableLabel } from '../components/table-label.ts';
import { useAct } from '../components/use-act.ts';
import { Value } from '../components/value.tsx';
import { useText } from '../i18n/use-text.ts';
import { changedValues, draftsOf } from './held-words.ts';
import { RowDialog } from './row-dialog.tsx';
import { RowValues } from './row-values.tsx';

interface EditDialogProps {
  readonly row: RejectedRowListed;
  readonly onClose: () => void;
  /** The change is saved and the row tried again, at once or (`queued`) after the cycle that runs. */
  readonly onSaved: (queued: boolean) => void;
}

/** "Edit and retry": what the till would let a person correct, with HQ's reason above it. */
export function EditDialog({ row, onClose, onSaved }: EditDialogProps) {
  // No topic: a list that changes behind the dialog must not change what is being typed.
  const query = useQuery('rejectedRow', { ref: row.ref });
  return (
    <RowDialog row={row} onClose={onClose}>
      <Loaded query={query}>
        {(detail) => <EditForm detail={detail} onClose={onClose} onSaved={onSaved} />}
      </Loaded>
    </RowDialog>
  );
}

interface EditFormProps extends Pick<EditDialogProps, 'onClose' | 'onSaved'> {
  readonly detail: RejectedRowDetail;
}

function EditForm({ detail, onClose, onSaved }: EditFormProps) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const [drafts, setDrafts] = useState(() => draftsOf(detail));
  const changes = changedValues(detail, drafts);
  const others = detail.values.filter((_, place) => !detail.editable.includes(place));

  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (changes.length === 0) return;
    acting.act('save', async () => {
      const { queued } = await call('editRejected', { ref: detail.ref, values: changes });
      onSaved(queued);
      return null;
    });
  };

  return (
    <Stack gap="lg">
      <div>
        <Title order={3} size="h4">
          {t('held.row.reason')}
        </Title>
        <Value value={t.message(detail.message)} />
      </div>
      {detail.editable.length === 0 ? (
        <Text>{t('held.edit.nothing')}</Text>
      ) : (
        <form aria-label={t('held.edit.form')} onSubmit={save}>
          <Stack gap="md">
            <Text>{t('held.edit.intro')}</Text>
            {detail.editable.map((place) => (
              <Textarea
                key={place}
                label={tableLabel(detail.values[place]?.column ?? '')}
                dir="auto"
                size="lg"
                autosize
                minRows={1}
                maxRows={6}
                maxLength={100_000}
                value={drafts[place] ?? ''}
                placeholder={t('held.row.none')}
                onChange={({ currentTarget: { value } }) => {
                  setDrafts((now) => ({ ...now, [place]: value }));
                }}
              />
            ))}
            <div>
              <Said acting={acting} apart="below" />
              <Group justify="flex-end">
                <Button variant="default" onClick={onClose}>
                  {t('common.cancel')}
                </Button>
                <Button
                  type="submit"
                  disabled={changes.length === 0}
                  loading={acting.busy !== null}
                >
                  {t('held.edit.save')}
                </Button>
              </Group>
            </div>
          </Stack>
        </form>
      )}
      {others.length === 0 ? null : (
        <div>
          <Title order={3} size="h4">
            {t('held.edit.others')}
          </Title>
          <RowValues values={others} />
        </div>
      )}
    </Stack>
  );
}
