const KEY = 'routescope.theme';

/** Light or dark: the system's wish until somebody chooses, then the choice. `static/theme.js` applies it before paint. */
export class Theme {
  name = $state<'light' | 'dark'>(document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light');

  toggle(): void {
    this.#apply(this.name === 'dark' ? 'light' : 'dark');
    try {
      localStorage.setItem(KEY, this.name);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }

  /** Follow the system while nothing was chosen; returns the undo. */
  follow(): () => void {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const change = (): void => {
      if (!this.#chosen()) this.#apply(dark.matches ? 'dark' : 'light');
    };
    dark.addEventListener('change', change);
    return () => dark.removeEventListener('change', change);
  }

  #chosen(): boolean {
    try {
      return localStorage.getItem(KEY) !== null;
    } catch {
      return false;
    }
  }

  #apply(name: 'light' | 'dark'): void {
    this.name = name;
    document.documentElement.dataset['theme'] = name;
    document.documentElement.style.background = '';
  }
}
