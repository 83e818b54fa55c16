import { Button, Tabs } from '@mantine/core';
import { IconDownload, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { useCall } from '../bridge/use-call.ts';
import { Said } from '../components/said.tsx';
import { saveFile } from '../components/save-file.ts';
import { Screen } from '../components/screen.tsx';
import { useAct } from '../components/use-act.ts';
import { useText } from '../i18n/use-text.ts';
import { useStatusPart } from '../status/status-store.ts';
import { ConfirmQuestions } from './confirm-questions.tsx';
import { yesNo } from './held-words.ts';
import { RejectedTab } from './rejected-tab.tsx';
import { WaitingTab } from './waiting-tab.tsx';

/** Every row that could not be moved: those that wait for another one, and those that one side refused. */
export function HeldScreen() {
  const t = useText();
  const call = useCall();
  const held = useStatusPart((view) => view?.facts.held ?? 0);
  const rejected = useStatusPart((view) => view?.facts.rejected ?? 0);
  const acting = useAct();
  // Opened for the rejected rows alone, the screen shows them without a tap; later only a person changes the tab.
  const [tab, setTab] = useState<string | null>(() =>
    held === 0 && rejected > 0 ? 'rejected' : 'waiting',
  );

  const retryAll = async (): Promise<string> => {
    const { queued } = await call('retryRows', {});
    return t('held.retry-all.done', { queued: yesNo(queued) });
  };
  const exportAll = async (): Promise<string> => {
    const file = await call('exportHeld', {});
    saveFile(file);
    return t('held.export.done', { name: file.name });
  };
  const actions = (
    <>
      <Button
        leftSection={<IconRefresh aria-hidden />}
        loading={acting.busy === 'retry'}
        disabled={held + rejected === 0}
        onClick={() => {
          acting.act('retry', retryAll);
        }}
      >
        {t('held.retry-all')}
      </Button>
      <Button
        variant="default"
        leftSection={<IconDownload aria-hidden />}
        loading={acting.busy === 'export'}
        onClick={() => {
          acting.act('export', exportAll);
        }}
      >
        {t('held.export')}
      </Button>
    </>
  );
  return (
    <Screen title={t('held.title')} actions={actions}>
      <div>
        <Said acting={acting} apart="below" />
        <ConfirmQuestions />
        <Tabs value={tab} onChange={setTab} keepMounted={false}>
          <Tabs.List aria-label={t('held.tabs')} mb="md">
            <Tabs.Tab value="waiting">{t('held.tab.waiting', { count: held })}</Tabs.Tab>
            <Tabs.Tab value="rejected">{t('held.tab.rejected', { count: rejected })}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="waiting">
            <WaitingTab />
          </Tabs.Panel>
          <Tabs.Panel value="rejected">
            <RejectedTab />
          </Tabs.Panel>
        </Tabs>
      </div>
    </Screen>
  );
}
