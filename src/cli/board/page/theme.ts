import { find, setText } from './dom.js';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'kaneda-board-theme';

const system = matchMedia('(prefers-color-scheme: dark)');

/**
 * Lets the user choose between light and dark; unasked, the system decides. `changed` is called
 * when colours change.
 */
export function startTheme(changed: () => void): void {
  const button = find<HTMLButtonElement>('theme');
  let theme = readTheme();
  const apply = (): void => {
    document.documentElement.dataset.theme = isDark(theme) ? 'dark' : 'light';
    colors.clear();
    setText(button, `Theme: ${theme}`);
    changed();
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // A browser that stores nothing forgets the choice.
    }
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}

const isDark = (theme: Theme): boolean => theme === 'dark' || (theme === 'auto' && system.matches);

function readTheme(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

/** The style sheet's colours: asking for one makes the browser work out all styles. */
const colors = new Map<string, string>();

/** The value of a custom property of the style sheet. */
export function color(name: string): string {
  let value = colors.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colors.set(name, value);
  }
  return value;
}

/** The colours of lines: percentiles have their own. */
export function lineColor(label: string, index: number): string {
  if (label === 'p50' || label === 'p95' || label === 'p99') return color(label);
  return color(`line-${index % 12}`);
}
