import type { Table } from 'dexie';
import { Dexie } from 'dexie';
import type { Backend, Changes, KeptIncident, KeptMark, SettingKey, Stored } from './backend.ts';

/** IndexedDB through Dexie. Opens when first asked; fails as the browser does (private mode, no room, blocked). */
export class DexieBackend implements Backend {
  readonly #db: Dexie;
  readonly #incidents: Table<KeptIncident, string>;
  readonly #marks: Table<KeptMark, string>;
  readonly #settings: Table<{ readonly key: SettingKey; readonly text: string }, string>;

  constructor(name = 'routescope') {
    this.#db = new Dexie(name);
    this.#db.version(1).stores({ incidents: 'id', marks: 'id', settings: 'key' });
    this.#incidents = this.#db.table('incidents');
    this.#marks = this.#db.table('marks');
    this.#settings = this.#db.table('settings');
  }

  async load(): Promise<Stored> {
    const [incidents, marks, settings] = await Promise.all([
      this.#incidents.toArray(),
      this.#marks.toArray(),
      this.#settings.toArray(),
    ]);
    return { incidents, marks, settings: Object.fromEntries(settings.map(({ key, text }) => [key, text])) };
  }

  async write({ incidents, marks, settings }: Changes): Promise<void> {
    const tables = [this.#incidents, this.#marks, this.#settings];
    await this.#db.transaction('rw', tables, async () => {
      await this.#change(this.#incidents, incidents, (_id, kept) => kept);
      await this.#change(this.#marks, marks, (id, mark) => ({ id, mark }));
      await this.#change(this.#settings, settings, (key, text) => ({ key, text }));
    });
  }

  async #change<K extends string, V, R>(
    table: Table<R, string>,
    changes: ReadonlyMap<K, V | null>,
    rowOf: (key: K, value: V) => R,
  ): Promise<void> {
    const gone: K[] = [];
    const rows: R[] = [];
    for (const [key, value] of changes) {
      if (value === null) gone.push(key);
      else rows.push(rowOf(key, value));
    }
    if (gone.length > 0) await table.bulkDelete(gone);
    if (rows.length > 0) await table.bulkPut(rows);
  }

  close(): void {
    this.#db.close();
  }
}
