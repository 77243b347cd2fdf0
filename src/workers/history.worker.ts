import { expose } from 'comlink';
import type {
  DataSource,
  ExportFormat,
  HistoryApi,
  HistoryQuery,
  HistorySettings,
  HistoryState,
} from './api-history.ts';
import type { IncidentRow } from './api-detect.ts';
import type { DeskState } from './history-desk.ts';
import { HistoryDesk } from './history-desk.ts';
import { refusalOf } from './history-place.ts';
import { Tabs } from './history-tabs.ts';

/** The history's thread: its desk when this tab owns the database, else the way to the tab that does. */

const TELL_MS = 250;

let tell: ((state: HistoryState) => void) | null = null;
let timer: ReturnType<typeof setTimeout> | null = null;
let others: DeskState | null = null;
let settings: HistorySettings | null = null;
let port: MessagePort | null = null;

const desk = new HistoryDesk({ nowMs: () => Date.now(), onChange: changed });

const tabs = new Tabs({
  onOwner: () => {
    const known = settings ?? others?.settings;
    if (known) void desk.configure(known).catch(() => undefined);
    if (port) void desk.listen(port).catch(() => undefined);
    // What others were shown goes on being there.
    if (others?.engine === 'ready') void desk.open().catch(() => undefined);
    changed();
  },
  onState: (state) => {
    others = state;
    changed();
  },
  state: () => desk.state(),
  answer: (method, args, onProgress) => dispatch(method, args, onProgress),
});

function changed(): void {
  timer ??= setTimeout(() => {
    timer = null;
    if (tabs.isOwner) tabs.tell(desk.state());
    tell?.(state());
  }, TELL_MS);
}

function state(): HistoryState {
  if (tabs.isOwner) return { ...desk.state(), role: 'owner' };
  return others ? { ...others, role: 'guest' } : { ...desk.state(), role: 'waiting' };
}

/** What one tab may ask of another: everything but what belongs to a tab itself. */
async function dispatch(
  method: string,
  args: readonly unknown[],
  onProgress: (value: unknown) => void,
): Promise<unknown> {
  switch (method) {
    case 'open':
      return desk.open().then(
        () => ({ ok: true }),
        (error: unknown) => refusalOf(error),
      );
    case 'configure':
      return desk.configure(args[0] as HistorySettings);
    case 'putIncidents':
      return desk.putIncidents(args[0] as readonly IncidentRow[]);
    case 'query':
      return desk.query(args[0] as HistoryQuery);
    case 'cancel':
      return desk.cancel(args[0] as string);
    case 'exportResult':
      return desk.exportResult(args[0] as HistoryQuery, args[1] as ExportFormat);
    case 'schema':
      return desk.schema(args[0] as string);
    case 'load':
      return desk.load(args[0] as DataSource, onProgress);
    case 'cancelLoad':
      return desk.cancelLoad();
    case 'remove':
      return desk.remove(args[0] as string);
    case 'wipe':
      return desk.wipe();
    case 'takeSetAside':
      return desk.takeSetAside();
    case 'removeSetAside':
      return desk.removeSetAside();
    default:
      throw new Error(`no method ${method}`);
  }
}

// A rejection nobody handles is a bug; as an error it reaches the page, which shows it and can start anew.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  setTimeout(() => {
    throw event.reason;
  });
});

const ask = <K extends keyof HistoryApi>(method: K, ...args: unknown[]): ReturnType<HistoryApi[K]> =>
  tabs.call(method, args) as ReturnType<HistoryApi[K]>;

const api: HistoryApi = {
  subscribe: (onState) => {
    tell = onState;
    onState(state());
    return Promise.resolve();
  },
  open: () => ask('open'),
  configure: (wanted) => {
    settings = wanted;
    return ask('configure', wanted);
  },
  listen: (wanted) => {
    port?.close();
    port = wanted;
    return tabs.isOwner ? desk.listen(wanted) : Promise.resolve();
  },
  putIncidents: (rows) => ask('putIncidents', rows),
  query: (query) => ask('query', query),
  cancel: (id) => ask('cancel', id),
  exportResult: (query, format) => ask('exportResult', query, format),
  schema: (dataSet) => ask('schema', dataSet),
  load: (source, onProgress) => tabs.call('load', [source], onProgress) as ReturnType<HistoryApi['load']>,
  cancelLoad: () => ask('cancelLoad'),
  remove: (dataSet) => ask('remove', dataSet),
  wipe: () => ask('wipe'),
  takeSetAside: () => ask('takeSetAside'),
  removeSetAside: () => ask('removeSetAside'),
};
expose(api);
