import { Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { RowDetail } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { Loaded } from '../components/loaded.tsx';
import { ShortValue } from '../components/short-value.tsx';
import { Value } from '../components/value.tsx';
import { rowLabel } from '../components/table-label.ts';
import { useText } from '../i18n/use-text.ts';
import { rowAsText } from './held-words.ts';
import { RowValues } from './row-values.tsx';

interface RowDialogProps {
  readonly row: { readonly table: string; readonly id: string };
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The frame of all that is shown of one row. */
export function RowDialog({ row, onClose, children }: RowDialogProps) {
  return (
    <Dialog
      onClose={onClose}
      title={<ShortValue value={rowLabel(row.table, row.id)} lines={2} fw={600} />}
    >
      {children}
    </Dialog>
  );
}

interface DetailProps {
  readonly detail: RowDetail;
  /** Above the message: why this row is here. */
  readonly messageTitle: string;
}

function Detail({ detail, messageTitle }: DetailProps) {
  const t = useText();
  return (
    <Stack gap="md">
      <div>
        <Title order={3} size="h4">
          {messageTitle}
        </Title>
        <Value value={t.message(detail.message)} />
      </div>
      <RowValues values={detail.values} />
      <div>
        <CopyButton text={rowAsText(detail, t)} />
      </div>
    </Stack>
  );
}

interface RowProps {
  readonly row: { readonly ref: string; readonly table: string; readonly id: string };
  readonly onClose: () => void;
}

/** A held row's data and the sentence that PayFlow's log has for it. */
export function HeldRowDialog({ row, onClose }: RowProps) {
  const t = useText();
  const query = useQuery('heldRow', { ref: row.ref });
  return (
    <RowDialog row={row} onClose={onClose}>
      <Loaded query={query}>
        {(detail) => <Detail detail={detail} messageTitle={t('held.row.message')} />}
      </Loaded>
    </RowDialog>
  );
}

/** A rejected row's data and why it was refused. */
export function RejectedRowDialog({ row, onClose }: RowProps) {
  const t = useText();
  const query = useQuery('rejectedRow', { ref: row.ref });
  return (
    <RowDialog row={row} onClose={onClose}>
      <Loaded query={query}>
        {(detail) => <Detail detail={detail} messageTitle={t('held.row.reason')} />}
      </Loaded>
    </RowDialog>
  );
}
