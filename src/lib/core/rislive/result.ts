/** Messages that only a BGP session cares about: reported, no elems. */
export type SessionMessage = 'OPEN' | 'NOTIFICATION' | 'KEEPALIVE';

/** What one RIS Live server frame turned out to be. `elems`: how many were pushed to the builder. */
export type RisLiveResult =
  | {
      readonly type: 'update';
      readonly timeUs: number;
      readonly elems: number;
      /** Prefixes that were none and were left out; the rest of the message stands. */
      readonly badPrefixes: number;
      /** Whether `raw` gave the attributes the JSON has no member for; it is only looked at for announcements. */
      readonly raw: 'none' | 'used' | 'bad';
    }
  | { readonly type: 'state'; readonly timeUs: number; readonly elems: 1 }
  | {
      readonly type: 'session';
      readonly message: SessionMessage;
      readonly timeUs: number;
      readonly elems: 0;
    }
  /** A `ris_message` of a type we do not know, or without one (seen in captures of 2021). */
  | { readonly type: 'unknown-message'; readonly timeUs: number; readonly elems: 0 }
  /** `ris_error`: the server is about to close. The wording is undocumented: show it, never switch on it. */
  | { readonly type: 'error'; readonly detail: string; readonly elems: 0 }
  | { readonly type: 'pong'; readonly elems: 0 }
  /** `ris_rrc_list`, names normalised. */
  | { readonly type: 'collectors'; readonly collectors: readonly string[]; readonly elems: 0 }
  | { readonly type: 'subscribed'; readonly elems: 0 };
