import { Stack } from '@mantine/core';
import { lazy, Suspense, useDeferredValue } from 'react';
import { Loading } from '../components/loading.tsx';
import { Screen } from '../components/screen.tsx';
import { whenIdle } from '../components/when-idle.ts';
import { useText } from '../i18n/use-text.ts';
import { Causes } from './causes.tsx';
import { FactCards } from './fact-cards.tsx';
import { Progress } from './progress.tsx';
import { StateCard } from './state-card.tsx';
import { useStatus } from './status-store.ts';

// The chart's library is larger than all the rest of this screen: the state is there before it.
const RunsChart = lazy(async () => {
  await whenIdle();
  return { default: (await import('./runs-chart.tsx')).RunsChart };
});

/** Are the sales safe, and what is to be done: then, for whoever wants to know more, the facts behind it. */
export function StatusScreen() {
  const t = useText();
  const view = useStatus();
  // Figures and chart are drawn behind the state, in pieces between which a click is heard.
  const isRestDue = useDeferredValue(true, false);
  if (view === null) {
    return (
      <Screen title={t('shell.nav-status')}>
        <Loading />
      </Screen>
    );
  }
  return (
    <Screen title={t('shell.nav-status')}>
      <Stack gap="lg">
        <StateCard view={view} />
        <Progress view={view} />
        <Causes status={view.status} />
        {view.status.state === 'setup' || !isRestDue ? null : (
          <>
            <FactCards view={view} />
            <Suspense fallback={<Loading />}>
              <RunsChart />
            </Suspense>
          </>
        )}
      </Stack>
    </Screen>
  );
}
