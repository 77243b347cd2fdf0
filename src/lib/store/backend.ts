import type { IncidentRecord, UserMark } from './record.ts';

/** An incident as it lies in the database. */
export interface KeptIncident {
  readonly id: string;
  /** When it was put there, Unix milliseconds. */
  readonly keptAtMs: number;
  readonly record: IncidentRecord;
}

export interface KeptMark {
  readonly id: string;
  readonly mark: UserMark;
}

/** Names of the texts that are kept. */
export type SettingKey = 'watch-list';

/** Everything there is, read once when the page opens. */
export interface Stored {
  readonly incidents: readonly KeptIncident[];
  readonly marks: readonly KeptMark[];
  readonly settings: Readonly<Partial<Record<SettingKey, string>>>;
}

/** What is to be written in one go; null takes away. */
export interface Changes {
  readonly incidents: ReadonlyMap<string, KeptIncident | null>;
  readonly marks: ReadonlyMap<string, UserMark | null>;
  readonly settings: ReadonlyMap<SettingKey, string | null>;
}

/** Where things lie. What it gives back is as it was given, or was damaged: `Store` checks. */
export interface Backend {
  load(): Promise<Stored>;
  write(changes: Changes): Promise<void>;
  close(): void;
}
