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
    Badge: Badge.extend({ styles: { root: { textTransform: 'none' } } }),
    Button: Button.extend({
      defaultProps: { size: 'lg' },
      styles: { root: { fontSize: '1rem' }, label: { whiteSpace: 'normal' } },
    }),
    Checkbox: Checkbox.extend(large),
    Menu: Menu.extend({ styles: { item: { minHeight: touch, fontSize: '1rem' } } }),
    Modal: Modal.extend({
      defaultProps: { centered: true },
      styles: { title: { fontSize: '1.25rem' } },
    }),
    NavLink: NavLink.extend({
      styles: { root: { minHeight: touch, borderRadius: '0.5rem' }, label: { fontSize: '1rem' } },
    }),
    NumberInput: NumberInput.extend(tall),
    PasswordInput: PasswordInput.extend(tall),
    Radio: Radio.extend(large),
    SegmentedControl: SegmentedControl.extend(large),
    Select: Select.extend({
      styles: { input: { minHeight: touch, fontSize: '1rem' }, option: { minHeight: touch } },
    }),
    Switch: Switch.extend(large),
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

/** Colours of the states as text and icons on the page: at least 4.5:1 on it, light and dark; dimmed text likewise. */
export const cssVariables: CSSVariablesResolver = ({ colors }) => {
  const pick = (shade: number, yellow: number): Record<string, string> => ({
    '--payflow-state-green': colors.green[shade] ?? '',
    '--payflow-state-blue': colors.blue[shade] ?? '',
    '--payflow-state-gray': colors.gray[shade] ?? '',
    '--payflow-state-red': colors.red[shade] ?? '',
    '--payflow-state-yellow': colors.yellow[yellow] ?? '',
  });
  return {
    variables: {},
    light: {
      ...pick(9, 9),
      '--payflow-state-gray': colors.gray[7],
      '--payflow-state-yellow': '#a64b00',
      '--payflow-state-green': '#1f7a35',
      '--mantine-color-dimmed': colors.gray[7],
      '--mantine-color-placeholder': colors.gray[7],
    },
    dark: {
      ...pick(4, 4),
      '--mantine-color-dimmed': colors.dark[1],
      '--mantine-color-placeholder': colors.dark[1],
    },
  };
};

/** "Large": everything at 125 %, because all of Mantine is measured in the root's letters. */
export function setLarge(on: boolean): void {
  document.documentElement.style.fontSize = on ? '125%' : '';
}
