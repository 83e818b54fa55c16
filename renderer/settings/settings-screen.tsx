import { Stack } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import type { SettingsShown } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Failure } from '../components/failure.tsx';
import { InPieces } from '../components/in-pieces.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Loading } from '../components/loading.tsx';
import { Said } from '../components/said.tsx';
import { Screen } from '../components/screen.tsx';
import { useText } from '../i18n/use-text.ts';
import { useAppInfo } from '../shell/app-store.ts';
import { BackupsSection } from './backups-section.tsx';
import { ConnectionSections } from './connection-section.tsx';
import { SaveBar } from './save-bar.tsx';
import { ScheduleSection } from './schedule-section.tsx';
import { useSettingsForm } from './use-settings-form.ts';
import { WindowSections } from './window-sections.tsx';

/** All settings as one form; what is locked by the environment says so. Managers only. */
export function SettingsScreen() {
  const t = useText();
  const info = useAppInfo();
  return (
    <Screen title={t('settings.title')}>
      {info === null ? (
        <Loading />
      ) : info.role === 'manager' ? (
        <ManagersSettings />
      ) : (
        <Empty icon={<IconLock size={36} />} title={t('settings.manager-only')}>
          {t('settings.manager-only.more')}
        </Empty>
      )}
    </Screen>
  );
}

function ManagersSettings() {
  const query = useQuery('settings', {}, ['settings']);
  return (
    <Loaded query={query}>
      {(shown) => <SettingsFormView shown={shown} onSaved={query.reload} />}
    </Loaded>
  );
}

interface SettingsFormViewProps {
  readonly shown: SettingsShown;
  readonly onSaved: () => void;
}

function SettingsFormView({ shown, onSaved }: SettingsFormViewProps) {
  const info = useAppInfo();
  const form = useSettingsForm(shown, onSaved);
  return (
    <Stack gap="lg" maw={860}>
      {form.refused === null ? null : <Failure error={form.refused} />}
      <Said acting={form.acting} />
      <InPieces>
        <ConnectionSections form={form} onIncomplete={form.markAddress} />
        <ScheduleSection form={form} />
        <BackupsSection form={form} />
        {info === null ? null : <WindowSections form={form} info={info} />}
      </InPieces>
      <SaveBar form={form} />
    </Stack>
  );
}
