/** What a key press means on the page. */
export type Action =
  | 'search'
  | 'go-live'
  | 'go-incidents'
  | 'go-replay'
  | 'go-history'
  | 'go-models'
  | 'go-watch'
  | 'go-status'
  | 'next'
  | 'previous'
  | 'open'
  | 'close'
  | 'copy'
  | 'copy-json'
  | 'pause'
  | 'ack'
  | 'undo'
  | 'theme'
  | 'help';

/** Keys, in the order the help lists them. A key of two parts is typed one after the other. */
export const SHORTCUTS: readonly { readonly keys: string; readonly action: Action; readonly what: string }[] =
  [
    { keys: '/', action: 'search', what: 'Search and filter' },
    { keys: 'g l', action: 'go-live', what: 'Go to Live' },
    { keys: 'g i', action: 'go-incidents', what: 'Go to Incidents' },
    { keys: 'g r', action: 'go-replay', what: 'Go to Replay' },
    { keys: 'g h', action: 'go-history', what: 'Go to History' },
    { keys: 'g m', action: 'go-models', what: 'Go to Models' },
    { keys: 'g w', action: 'go-watch', what: 'Go to Watch' },
    { keys: 'g s', action: 'go-status', what: 'Go to Status' },
    { keys: 'Space', action: 'pause', what: 'Pause or follow recent updates' },
    { keys: 'j', action: 'next', what: 'Next row' },
    { keys: 'k', action: 'previous', what: 'Previous row' },
    { keys: 'Enter', action: 'open', what: 'Open the selected row' },
    { keys: 'x', action: 'ack', what: 'Acknowledge the incident, or take that back' },
    { keys: 'z', action: 'undo', what: 'Undo the last mark or removal' },
    { keys: 'Esc', action: 'close', what: 'Close, clear the search, leave the zoom' },
    { keys: 'c', action: 'copy', what: 'Copy as bgpdump lines' },
    { keys: 'C', action: 'copy-json', what: 'Copy as JSON' },
    { keys: 't', action: 'theme', what: 'Light or dark' },
    { keys: '?', action: 'help', what: 'These shortcuts' },
  ];

/** The part of a KeyboardEvent that matters. `typing`: the focus is in a text field. `onControl`: on a button or link. */
export interface Press {
  readonly key: string;
  readonly modified: boolean;
  readonly typing: boolean;
  readonly onControl: boolean;
}

const NAMES: Readonly<Record<string, string>> = { ' ': 'Space', Escape: 'Esc' };
const MAX_PAUSE_MS = 1500;

/** Reads presses into actions; remembers the first part of a two-part key for a moment. */
export class Keymap {
  #pending = '';
  #pendingAtMs = 0;

  /** The action of this press at `nowMs`, or null: then the press is not ours and must be left alone. */
  press(press: Press, nowMs: number): Action | null {
    if (press.modified || press.typing) return null;
    const key = NAMES[press.key] ?? press.key;
    // Buttons and links keep the keys that press them.
    if (press.onControl && (key === 'Space' || key === 'Enter')) return null;
    const keys = this.#pending && nowMs - this.#pendingAtMs <= MAX_PAUSE_MS ? `${this.#pending} ${key}` : key;
    this.#pending = '';
    const found = SHORTCUTS.find((shortcut) => shortcut.keys === keys || shortcut.keys === key);
    if (found) return found.action;
    if (SHORTCUTS.some((shortcut) => shortcut.keys.startsWith(`${key} `))) {
      this.#pending = key;
      this.#pendingAtMs = nowMs;
    }
    return null;
  }
}
