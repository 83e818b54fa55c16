import { NumberInput, Switch, TextInput, type TextInputProps } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';
import { settingOf, type Draft, type Field } from './settings-form.ts';
import type { SettingsForm } from './use-settings-form.ts';

type FieldOf<T> = { readonly [F in Field]: Draft[F] extends T ? F : never }[Field];

interface FieldProps<F extends Field> {
  readonly form: SettingsForm;
  readonly field: F;
  readonly label: string;
  readonly help?: string | undefined;
}

/** Words of 16 px around a field, too: the theme's own are smaller. */
export const fieldStyles = {
  input: { minHeight: 48, fontSize: '1rem' },
  label: { fontSize: '1rem' },
  description: { fontSize: '1rem' },
  error: { fontSize: '1rem' },
} as const;

/** A number needs little room; the words above it need more. */
const numberStyles = { ...fieldStyles, wrapper: { maxWidth: 240 } } as const;

/** The words under a label: what it means, and why it cannot be changed. HQ's address says that once, above it. */
export function useHelp(form: SettingsForm, field: Field, help?: string): string | undefined {
  const t = useText();
  const parts = [
    help,
    form.isLocked(field) && settingOf(field) !== 'hq' ? t('settings.locked') : undefined,
  ];
  const text = parts.filter((part) => part !== undefined).join(' ');
  return text === '' ? undefined : text;
}

const lock = (locked: boolean): ReactNode =>
  locked ? <IconLock aria-hidden size={20} /> : undefined;

type TextFieldProps = FieldProps<'host' | 'database' | 'user' | 'cron'> &
  Pick<TextInputProps, 'inputMode'>;

export function TextField({ form, field, label, help, ...input }: TextFieldProps) {
  const locked = form.isLocked(field);
  return (
    <TextInput
      {...input}
      styles={fieldStyles}
      label={label}
      description={useHelp(form, field, help)}
      value={form.draft[field]}
      error={form.errorOf(field)}
      readOnly={locked}
      rightSection={lock(locked)}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => {
        form.edit({ [field]: event.currentTarget.value });
      }}
    />
  );
}

interface NumberFieldProps extends FieldProps<FieldOf<number | ''>> {
  readonly min: number;
  readonly max: number;
}

export function NumberField({ form, field, label, help, min, max }: NumberFieldProps) {
  const locked = form.isLocked(field);
  return (
    <NumberInput
      styles={numberStyles}
      label={label}
      description={useHelp(form, field, help)}
      value={form.draft[field]}
      error={form.errorOf(field)}
      readOnly={locked}
      {...(locked ? { rightSection: lock(true) } : {})}
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      hideControls
      min={min}
      max={max}
      onChange={(value) => {
        form.edit({ [field]: typeof value === 'number' ? value : '' });
      }}
    />
  );
}

export function SwitchField({ form, field, label, help }: FieldProps<FieldOf<boolean>>) {
  return (
    <Switch
      label={label}
      description={useHelp(form, field, help)}
      checked={form.draft[field]}
      disabled={form.isLocked(field)}
      error={form.errorOf(field)}
      onChange={(event) => {
        form.edit({ [field]: event.currentTarget.checked });
      }}
    />
  );
}
