import { useMantineColorScheme } from '@mantine/core';
import { useEffect } from 'react';
import { useText } from '../i18n/use-text.ts';
import { useStatus } from '../status/status-store.ts';
import { setLarge } from '../theme.ts';
import { useAppInfo } from './app-store.ts';

/** Carries settings and state to what lies outside of React: colours, size, the page's language and title. */
export function useAppearance(): void {
  const info = useAppInfo();
  const t = useText();
  const status = useStatus()?.status ?? null;
  const { setColorScheme } = useMantineColorScheme();
  const appearance = info?.appearance ?? 'auto';
  const large = info?.large ?? false;
  const tooltip = status === null ? 'PayFlow' : t.status(status.reason).tooltip;
  useEffect(() => {
    setColorScheme(appearance);
  }, [appearance, setColorScheme]);
  useEffect(() => {
    setLarge(large);
  }, [large]);
  useEffect(() => {
    document.documentElement.lang = t.locale;
  }, [t]);
  useEffect(() => {
    document.title = tooltip;
  }, [tooltip]);
}
