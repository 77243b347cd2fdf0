import type {
  HopCode,
  IncidentState,
  Level,
  RouteVerdict,
  Severity,
  TimelineEntry,
} from '../../../workers/api.ts';

/** How a value is shown: glyph and word beside the colour, so that colour is never the only sign. */
export interface Sign {
  readonly glyph: string;
  readonly word: string;
  /** A colour of tokens.css, by name. */
  readonly tone: string;
}

export const LEVELS: readonly Level[] = ['high', 'medium', 'low'];
export const STATES: readonly IncidentState[] = ['ongoing', 'dormant', 'withdrawn', 'resolved'];

const LEVEL_SIGNS: Readonly<Record<Level, Sign>> = {
  high: { glyph: '▲', word: 'High', tone: 'critical' },
  medium: { glyph: '◆', word: 'Medium', tone: 'high' },
  low: { glyph: '●', word: 'Low', tone: 'low' },
};

/** How sure: the confidence sum in words. */
export function levelSign(level: Level): Sign {
  return LEVEL_SIGNS[level];
}

const SEVERITY_SIGNS: Readonly<Record<Severity, Sign>> = {
  critical: { glyph: '■', word: 'critical', tone: 'critical' },
  warning: { glyph: '▣', word: 'warning', tone: 'high' },
  info: { glyph: '□', word: 'info', tone: 'low' },
};

/** How bad: spread and size. */
export function severitySign(severity: Severity): Sign {
  return SEVERITY_SIGNS[severity];
}

const STATE_SIGNS: Readonly<Record<IncidentState, Sign & { readonly meaning: string }>> = {
  ongoing: { glyph: '◉', word: 'ongoing', tone: 'critical', meaning: 'some vantages still have the route' },
  dormant: { glyph: '◍', word: 'dormant', tone: 'medium', meaning: 'still there, no news for 24 hours' },
  withdrawn: {
    glyph: '○',
    word: 'withdrawn',
    tone: 'ink-2',
    meaning: 'at least 80 % of the routes that were seen are gone',
  },
  resolved: { glyph: '✓', word: 'resolved', tone: 'good', meaning: 'over, and it stayed over' },
};

export function stateSign(state: IncidentState): Sign & { readonly meaning: string } {
  return STATE_SIGNS[state];
}

const CHANGE_WORDS: Readonly<Record<TimelineEntry['change'], string>> = {
  opened: 'Opened',
  ongoing: 'Back again',
  dormant: 'No news for 24 hours',
  withdrawn: 'Most routes withdrawn',
  resolved: 'Resolved',
};

/** A step of the timeline in words. */
export function changeWord(change: TimelineEntry['change']): string {
  return CHANGE_WORDS[change];
}

/** Origin validation of a route (RFC 6811), with the reason when there is one. */
export function rovSign({ state, reason }: RouteVerdict): Sign {
  switch (state) {
    case 'valid':
      return { glyph: '●', word: 'RPKI valid', tone: 'rpki-valid' };
    case 'invalid':
      return {
        glyph: '▲',
        word: reason === 'length' ? 'RPKI invalid (too long)' : 'RPKI invalid (origin)',
        tone: 'rpki-invalid',
      };
    case 'not-found':
      return { glyph: '○', word: 'RPKI not found', tone: 'rpki-not-found' };
    case 'unknown':
      return {
        glyph: '?',
        word: `RPKI unknown${UNKNOWN_WORDS[reason ?? 'no-data'] ?? ''}`,
        tone: 'rpki-unknown',
      };
  }
}

const UNKNOWN_WORDS: Readonly<Record<string, string>> = {
  'no-data': '',
  stale: ' (stale data)',
  'other-time': ' (no data of its time)',
};

/**
 * What ASPA says about a hop, either way round: attested when one of the two names the other as its provider,
 * contradicted when both sides that have an ASPA deny it, else not known.
 */
export function hopSign(up: HopCode | null, down: HopCode | null): Sign {
  if (up === null || down === null) return { glyph: '?', word: 'no ASPA data', tone: 'rpki-unknown' };
  if (up === 1 || down === 1) return { glyph: '●', word: 'attested by ASPA', tone: 'rpki-valid' };
  if (up === 2 && down === 2) return { glyph: '▲', word: 'denied by both ASPAs', tone: 'rpki-invalid' };
  if (up === 2 || down === 2) return { glyph: '△', word: 'not an attested provider', tone: 'rpki-invalid' };
  return { glyph: '○', word: 'no ASPA', tone: 'rpki-not-found' };
}
