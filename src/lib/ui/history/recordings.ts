/** A recording that comes with the page. */
export interface Recording {
  readonly file: string;
  readonly title: string;
  readonly elems: number;
}

/** What there is without the catalogue: the recording every release has. */
const ALWAYS: Recording = {
  file: 'youtube-pakistan-20080224.rsl',
  title: 'YouTube / Pakistan Telecom, 24 February 2008',
  elems: 830_930,
};

/** The bundled recordings of the event catalogue, the fullest first. */
export async function bundledRecordings(): Promise<readonly Recording[]> {
  try {
    const response = await fetch('/events/index.json');
    const index: unknown = response.ok ? await response.json() : null;
    const { events } = (index ?? {}) as { events?: unknown };
    const found = Array.isArray(events) ? events.flatMap(readEvent) : [];
    return found.length === 0 ? [ALWAYS] : found.sort((a, b) => b.elems - a.elems);
  } catch {
    return [ALWAYS];
  }
}

function readEvent(event: unknown): Recording[] {
  const { title, replay } = (event ?? {}) as { title?: unknown; replay?: unknown };
  const { path, elems } = (replay ?? {}) as { path?: unknown; elems?: unknown };
  if (typeof title !== 'string' || typeof path !== 'string' || typeof elems !== 'number') return [];
  const file = /^replays\/([\w.-]+\.rsl)$/.exec(path)?.[1];
  return file === undefined ? [] : [{ file, title, elems }];
}
