import { Button, Group, Stack } from '@mantine/core';
import { IconDownload, IconFileText, IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import type { RunShown } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Pager } from '../components/pager.tsx';
import { usePaging, useStayWithin } from '../components/paging.ts';
import { Said } from '../components/said.tsx';
import { saveFile } from '../components/save-file.ts';
import { Screen } from '../components/screen.tsx';
import { useAct, type Acting } from '../components/use-act.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { useAppInfo } from '../shell/app-store.ts';
import { FoundNotices } from './found-notices.tsx';
import { FILTERS, type Filter } from './history-words.ts';
import { LogDialog } from './log-dialog.tsx';
import { RunDialog } from './run-dialog.tsx';
import { RunTable } from './run-table.tsx';

/** Every run that PayFlow remembers, newest first. */
export function HistoryScreen() {
  const t = useText();
  const acting = useAct();
  const [filter, setFilter] = useState<Filter>('all');
  const [open, setOpen] = useState<RunShown | null>(null);
  const paging = usePaging(25, filter);
  const { offset, limit } = paging;
  const query = useQuery('runs', { offset, limit, status: filter }, ['runs']);
  useStayWithin(paging, query.data?.total);
  return (
    <Screen title={t('history.title')} actions={<Actions acting={acting} />}>
      <FoundNotices />
      <div>
        <Said acting={acting} apart="below" />
        <FilterChoice filter={filter} onChange={setFilter} />
      </div>
      <Loaded query={query}>
        {({ rows, total }) =>
          total === 0 ? (
            <NoRuns filter={filter} />
          ) : (
            <Stack gap="md">
              <RunTable runs={rows} onOpen={setOpen} />
              <Pager offset={offset} limit={limit} total={total} onChange={paging.go} />
            </Stack>
          )
        }
      </Loaded>
      {open === null ? null : (
        <RunDialog
          run={open}
          onClose={() => {
            setOpen(null);
          }}
        />
      )}
    </Screen>
  );
}

interface FilterChoiceProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

/** Buttons rather than a segmented control: in a longer language they wrap instead of being cut. */
function FilterChoice({ filter, onChange }: FilterChoiceProps) {
  const t = useText();
  return (
    <Group role="group" aria-label={t('history.filter')} gap="xs">
      {FILTERS.map((value) => (
        <Button
          key={value}
          px="md"
          variant={value === filter ? 'filled' : 'default'}
          aria-pressed={value === filter}
          onClick={() => {
            onChange(value);
          }}
        >
          {t(value === 'all' ? 'history.filter.all' : `history.status.${value}`)}
        </Button>
      ))}
    </Group>
  );
}

function NoRuns({ filter }: { readonly filter: Filter }) {
  const t = useText();
  const what = filter === 'all' ? 'empty' : 'none-found';
  return (
    <Empty icon={<IconHistory size={36} />} title={t(`history.${what}`)}>
      {t(`history.${what}.more`)}
    </Empty>
  );
}

function Actions({ acting }: { readonly acting: Acting }) {
  const t = useText();
  const call = useCall();
  const exportAs = (format: 'csv' | 'json') => async (): Promise<string> => {
    const file = await call('exportRuns', { format });
    saveFile(file);
    return t('history.export.done', { name: file.name });
  };
  return (
    <>
      {(['csv', 'json'] as const).map((format) => (
        <Button
          key={format}
          variant="default"
          leftSection={<IconDownload aria-hidden />}
          loading={acting.busy === format}
          onClick={() => {
            acting.act(format, exportAs(format));
          }}
        >
          {t(`history.export-${format}`)}
        </Button>
      ))}
      <LogButton acting={acting} />
    </>
  );
}

/** The log file itself where the system can open it, else its end; managers only. */
function LogButton({ acting }: { readonly acting: Acting }) {
  const t = useText();
  const call = useCall();
  const isManager = useIsManager();
  const canOpen = useAppInfo()?.capabilities.openLog === true;
  const [shown, setShown] = useState(false);
  if (!isManager) return null;
  const open = async (): Promise<string> => {
    await call('openLog', {});
    return t('history.open-log.done');
  };
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconFileText aria-hidden />}
        loading={acting.busy === 'log'}
        onClick={() => {
          if (canOpen) acting.act('log', open);
          else setShown(true);
        }}
      >
        {t(canOpen ? 'history.open-log' : 'history.show-log')}
      </Button>
      {shown ? (
        <LogDialog
          onClose={() => {
            setShown(false);
          }}
        />
      ) : null}
    </>
  );
}
