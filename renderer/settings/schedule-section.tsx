import { Radio, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useNow } from '../components/use-now.ts';
import { useText } from '../i18n/use-text.ts';
import type { Text as Texts } from '../i18n/text.ts';
import { EASY_SCHEDULES, easyScheduleOf, nextTimes, parseCron, type EasySchedule } from './cron.ts';
import { fieldStyles, NumberField, TextField } from './fields.tsx';
import { Locked, Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const modes = ['live', 'cron', 'manual'] as const;
const easy = Object.keys(EASY_SCHEDULES) as EasySchedule[];

/** When PayFlow syncs by itself, in words a manager can choose by. */
export function ScheduleSection({ form }: { readonly form: SettingsForm }) {
  const t = useText();
  const { draft, edit } = form;
  return (
    <Section id="settings-schedule" title={t('settings.schedule')}>
      {form.isLocked('mode') ? <Locked /> : null}
      <Radio.Group
        aria-label={t('settings.schedule')}
        value={draft.mode}
        error={form.errorOf('mode')}
        onChange={(value) => {
          const mode = modes.find((one) => one === value);
          if (mode !== undefined) edit({ mode });
        }}
      >
        <Stack gap="md" mt="xs">
          {modes.map((mode) => (
            <Radio
              key={mode}
              value={mode}
              label={t(`settings.mode.${mode}`)}
              description={t(`settings.mode.${mode}.help`)}
              disabled={form.isLocked('mode')}
            />
          ))}
        </Stack>
      </Radio.Group>
      {draft.mode === 'cron' ? <Schedule form={form} /> : null}
      <NumberField
        form={form}
        field="batchSize"
        label={t('settings.batch')}
        help={t('settings.batch.help')}
        min={1}
        max={50_000}
      />
    </Section>
  );
}

/** Times of today as a clock shows them, others with their day. */
function timesText(t: Texts, times: readonly number[], now: number): string {
  const today = new Date(now).toDateString();
  return times
    .map((at) => (new Date(at).toDateString() === today ? t.time(at) : t.dateTime(at)))
    .join(' · ');
}

function Schedule({ form }: { readonly form: SettingsForm }) {
  const t = useText();
  const now = useNow(15_000);
  const { cron } = form.draft;
  const named = easyScheduleOf(cron);
  const [own, setOwn] = useState(named === null);
  const rule = parseCron(cron);
  const times = rule === null ? [] : nextTimes(rule, now, 3);
  return (
    <Stack gap="md" pl="xl">
      <Select
        styles={fieldStyles}
        label={t('settings.often')}
        readOnly={form.isLocked('cron')}
        allowDeselect={false}
        maw={360}
        data={[...easy, 'own'].map((value) => ({ value, label: t(`settings.often.${value}`) }))}
        value={own || named === null ? 'own' : named}
        onChange={(value) => {
          const chosen = easy.find((one) => one === value);
          setOwn(chosen === undefined);
          if (chosen !== undefined) form.edit({ cron: EASY_SCHEDULES[chosen] });
        }}
      />
      {own || named === null ? (
        <TextField
          form={form}
          field="cron"
          label={t('settings.cron')}
          help={t('settings.cron.help')}
        />
      ) : null}
      <Text role="status">
        {times.length === 0
          ? t('settings.cron.host')
          : t('settings.cron.next', { times: timesText(t, times, now) })}
      </Text>
    </Stack>
  );
}
