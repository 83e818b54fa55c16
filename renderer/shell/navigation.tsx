import { Badge, Box, NavLink, VisuallyHidden } from '@mantine/core';
import {
  IconAdjustments,
  IconArrowsExchange,
  IconClockPause,
  IconGauge,
  IconHistory,
  IconReceipt,
  IconShieldCheck,
  IconTableOptions,
  type Icon,
} from '@tabler/icons-react';
import type { Facts } from '../../shared/status.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { useStatusPart } from '../status/status-store.ts';
import { NAVIGATION, type NavigationScreen } from './keyboard.ts';
import { useRouter } from './router-store.ts';

const icons: Readonly<Record<NavigationScreen, Icon>> = {
  status: IconGauge,
  held: IconClockPause,
  conflicts: IconArrowsExchange,
  receipt: IconReceipt,
  history: IconHistory,
  check: IconShieldCheck,
  schema: IconTableOptions,
  settings: IconAdjustments,
};

function countFor(screen: NavigationScreen, { held, rejected, conflicts }: Facts): number {
  if (screen === 'held') return held + rejected;
  return screen === 'conflicts' ? conflicts : 0;
}

/** Beside an entry: rows that need a look (amber), or that are only counted (grey). */
function Count({ screen }: { readonly screen: NavigationScreen }) {
  const t = useText();
  const count = useStatusPart((view) => (view === null ? 0 : countFor(screen, view.facts)));
  if (count === 0) return null;
  return (
    <Badge size="lg" variant="filled" color={screen === 'held' ? 'yellow' : 'gray'} autoContrast>
      {t.number(count)}
      <VisuallyHidden> {t(`shell.count-${screen}`, { count })}</VisuallyHidden>
    </Badge>
  );
}

interface NavigationProps {
  /** After an entry was chosen: a collapsed navigation closes. */
  readonly onChosen: () => void;
}

export function Navigation({ onChosen }: NavigationProps) {
  const t = useText();
  const { screen, go } = useRouter();
  const manager = useIsManager();
  // Its methods answer managers only; a cashier's browser has nothing to see there.
  const shown = NAVIGATION.filter((entry) => manager || entry !== 'settings');
  return (
    <Box component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
      {shown.map((entry) => {
        const EntryIcon = icons[entry];
        const current = screen === entry;
        return (
          <li key={entry}>
            <NavLink
              component="button"
              type="button"
              active={current}
              {...(current ? { 'aria-current': 'page' as const } : {})}
              label={t(`shell.nav-${entry}`)}
              leftSection={<EntryIcon aria-hidden size={24} />}
              rightSection={<Count screen={entry} />}
              onClick={() => {
                go(entry);
                onChosen();
              }}
            />
          </li>
        );
      })}
    </Box>
  );
}
