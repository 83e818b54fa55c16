import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Checkbox,
  createTheme,
  Menu,
  Modal,
  NavLink,
  NumberInput,
  PasswordInput,
  Radio,
  SegmentedControl,
  Select,
  Switch,
  Table,
  Tabs,
  Text,
  Textarea,
  TextInput,
  type CSSVariablesResolver,
} from '@mantine/core';

/** A finger's size (UX.md). */
const touch = 48;

const large = { defaultProps: { size: 'lg' } };
/** The label belongs to the target: what is drawn of a switch is smaller than a finger. */
const labelled = {
  defaultProps: { size: 'lg' },
  styles: {
    body: { alignItems: 'center' },
    label: { fontSize: '1rem', paddingBlock: '0.75rem' },
    description: { fontSize: '1rem' },
  },
} as const;
const tall = { styles: { input: { minHeight: touch, fontSize: '1rem' } } };

/**
 * For fingers and tired eyes: targets of 48 px, text of 16 px, contrast by the library's own rule. 0.25 is where the
 * letters on a coloured button turn from white to black so that all of Mantine's colours pass WCAG AA.
 */
export const theme = createTheme({
  autoContrast: true,
  luminanceThreshold: 0.25,
  primaryColor: 'blue',
  // One for both schemes: the library decides a label's colour by the light one.
  primaryShade: 8,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { size: touch } }),
    Alert: Alert.extend({
      styles: { title: { fontSize: '1rem' }, message: { fontSize: '1rem' }, body: { minWidth: 0 } },
    }),
    Badge: Badge.extend({
      styles: {
        root: { textTransform: 'none', height: 'auto', minHeight: '1.75rem' },
        label: { fontSize: '1rem' },
      },
    }),
    Button: Button.extend({
      defaultProps: { size: 'lg' },
      styles: { root: { fontSize: '1rem' }, label: { whiteSpace: 'normal' } },
    }),
    Checkbox: Checkbox.extend(labelled),
    Menu: Menu.extend({ styles: { item: { minHeight: touch, fontSize: '1rem' } } }),
    Modal: Modal.extend({
      defaultProps: { centered: true },
      styles: { title: { fontSize: '1.25rem' } },
    }),
    NavLink: NavLink.extend({
      styles: { root: { minHeight: touch, borderRadius: '0.5rem' }, label: { fontSize: '1rem' } },
    }),
    NumberInput: NumberInput.extend(tall),
    PasswordInput: PasswordInput.extend({
      styles: { ...tall.styles, visibilityToggle: { width: touch, height: touch } },
    }),
    Radio: Radio.extend(labelled),
    SegmentedControl: SegmentedControl.extend(large),
    Select: Select.extend({
      styles: { input: { minHeight: touch, fontSize: '1rem' }, option: { minHeight: touch } },
    }),
    Switch: Switch.extend(labelled),
    Table: Table.extend({
      defaultProps: {
        verticalSpacing: 'sm',
        horizontalSpacing: 'md',
        captionSide: 'top',
        fz: 'md',
      },
    }),
    Tabs: Tabs.extend({ styles: { tab: { minHeight: touch, fontSize: '1rem' } } }),
    Text: Text.extend({ defaultProps: { size: 'md' } }),
    Textarea: Textarea.extend({ styles: { input: { fontSize: '1rem' } } }),
    TextInput: TextInput.extend(tall),
  },
});

/** Darker than Mantine's own, which as text on their light backgrounds and on white have less than 4.5:1. */
const inks = {
  green: '#1b6e2f',
  teal: '#08684f',
  blue: '#1458a0',
  yellow: '#8a4300',
  orange: '#8f3600',
  red: '#b01f24',
  gray: '#495057',
} as const;

const inkVariables = Object.fromEntries(
  Object.entries(inks).flatMap(([color, ink]) =>
    ['light-color', 'text', 'outline'].map((use) => [`--mantine-color-${color}-${use}`, ink]),
  ),
);

/** Colours of the states as icons and text on the page, at least 4.5:1 on it, light and dark; dimmed text likewise. */
export const cssVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    ...inkVariables,
    '--payflow-state-green': inks.green,
    '--payflow-state-blue': inks.blue,
    '--payflow-state-gray': inks.gray,
    '--payflow-state-red': inks.red,
    '--payflow-state-yellow': '#a64b00',
    '--mantine-color-dimmed': inks.gray,
    '--mantine-color-placeholder': inks.gray,
    '--mantine-color-error': inks.red,
  },
  dark: {
    '--payflow-state-green': colors.green[4],
    '--payflow-state-blue': colors.blue[4],
    '--payflow-state-gray': colors.gray[4],
    '--payflow-state-red': colors.red[4],
    '--payflow-state-yellow': colors.yellow[4],
    '--mantine-color-dimmed': colors.dark[1],
    '--mantine-color-placeholder': colors.dark[1],
    '--mantine-color-error': colors.red[4],
  },
});

/** "Large": everything at 125 %, because all of Mantine is measured in the root's letters. */
export function setLarge(on: boolean): void {
  document.documentElement.style.fontSize = on ? '125%' : '';
}
