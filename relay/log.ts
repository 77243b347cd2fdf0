/** Writes one event. `event` is `noun.verb`, e.g. `ris.connected`; `fields` are its facts, never prose. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** A log of one JSON line per event: `time` (ISO 8601 UTC), `level`, `event`, then the fields. */
export function createLog(write: (line: string) => void, nowMs: () => number = Date.now): Log {
  const at = (level: string) => (event: string, fields?: LogFields) => {
    write(`${JSON.stringify({ time: new Date(nowMs()).toISOString(), level, event, ...fields })}\n`);
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log that keeps nothing, for parts used without a relay around them. */
export const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
