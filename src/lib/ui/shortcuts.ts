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
  | 'step-forward'
  | 'step-back'
  | 'next-incident'
  | 'previous-incident'
  | 'next-phase'
  | 'previous-phase'
  | 'faster'
  | 'slower'
  | 'zoom-in'
  | 'zoom-out'
  | 'zoom-from'
  | 'zoom-to'
  | 'zoom-all'
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
    { keys: 'Space', action: 'pause', what: 'Pause or follow recent updates; in a replay play or pause' },
    { keys: 'j', action: 'next', what: 'Next row' },
    { keys: 'k', action: 'previous', what: 'Previous row' },
    { keys: 'Enter', action: 'open', what: 'Open the selected row' },
    { keys: 'x', action: 'ack', what: 'Acknowledge the incident, or take that back' },
    { keys: 'z', action: 'undo', what: 'Undo the last mark or removal' },
    { keys: 'Esc', action: 'close', what: 'Close, clear the search, leave the zoom' },
    { keys: 'c', action: 'copy', what: 'Copy as bgpdump lines; in a replay the link to exactly this view' },
    { keys: 'C', action: 'copy-json', what: 'Copy as JSON' },
    { keys: '→', action: 'step-forward', what: 'Replay: the next update' },
    { keys: '←', action: 'step-back', what: 'Replay: the update before' },
    { keys: 'Shift+→', action: 'next-incident', what: 'Replay: the next incident' },
    { keys: 'Shift+←', action: 'previous-incident', what: 'Replay: the incident before' },
    { keys: 'Ctrl+→', action: 'next-phase', what: 'Replay: the next phase of the event' },
    { keys: 'Ctrl+←', action: 'previous-phase', what: 'Replay: the phase before' },
    { keys: ']', action: 'faster', what: 'Replay: faster' },
    { keys: '[', action: 'slower', what: 'Replay: slower' },
    { keys: '+', action: 'zoom-in', what: 'Replay: zoom the timeline in, around the moment shown' },
    { keys: '-', action: 'zoom-out', what: 'Replay: zoom out' },
    { keys: 'i', action: 'zoom-from', what: 'Replay: the timeline from here on' },
    { keys: 'o', action: 'zoom-to', what: 'Replay: the timeline up to here' },
    { keys: '0', action: 'zoom-all', what: 'Replay: the whole timeline' },
    { keys: 't', action: 'theme', what: 'Light or dark' },
    { keys: '?', action: 'help', what: 'These shortcuts' },
  ];

/** The part of a KeyboardEvent that matters. `typing`: the focus is in a text field. `onControl`: on a button or link. */
export interface Press {
  readonly key: string;
  readonly modified: boolean;
  readonly typing: boolean;
  readonly onControl: boolean;
  readonly shift?: boolean;
  readonly ctrl?: boolean;
}

const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  Escape: 'Esc',
  ArrowLeft: '←',
  ArrowRight: '→',
};
const MAX_PAUSE_MS = 1500;

/** Reads presses into actions; remembers the first part of a two-part key for a moment. */
export class Keymap {
  #pending = '';
  #pendingAtMs = 0;

  /** The action of this press at `nowMs`, or null: then the press is not ours and must be left alone. */
  press(press: Press, nowMs: number): Action | null {
    if (press.typing) return null;
    const name = NAMES[press.key] ?? press.key;
    const isArrow = name === '←' || name === '→';
    // Arrows alone mean something together with Shift or Ctrl; letters carry their Shift in themselves.
    if (press.modified && !(isArrow && press.ctrl)) return null;
    const key = isArrow ? `${press.ctrl ? 'Ctrl+' : ''}${press.shift ? 'Shift+' : ''}${name}` : name;
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
