import type { DataSetRow, RecordingStock } from '../lib/store/history/data-sets.ts';
import { RECORDING } from '../lib/store/history/schema.ts';
import type { DataSet, HistoryState } from './api-history.ts';
import type { Refusal } from './api-reports.ts';
import type { Room } from './history-room.ts';

type Told = Pick<
  HistoryState,
  'engine' | 'loaded' | 'problem' | 'setAside' | 'place' | 'settings' | 'recording' | 'restarts'
>;

const NO_ROOM: Refusal = {
  ok: false,
  code: 'HISTORY_FULL',
  reason: 'the browser has no more room for this page: the oldest is let go',
};

/** What the desk knows, as the page gets it. */
export function deskState({
  room,
  stock,
  dataSets,
  ...told
}: Told & {
  readonly room: Room;
  readonly stock: RecordingStock;
  readonly dataSets: readonly DataSetRow[];
}): Omit<HistoryState, 'role'> {
  return {
    ...told,
    problem: told.problem ?? (room.isTight ? NO_ROOM : null),
    usedBytes: room.usedBytes,
    fileBytes: room.fileBytes,
    browser: room.browser,
    expiredElems: room.expiredElems,
    removals: room.removals,
    dataSets: [
      recordingSet(room, stock, dataSets),
      ...dataSets
        .filter(({ isComplete }) => isComplete)
        .map(({ loadedMs, ...dataSet }) => ({ ...dataSet, loadedAtMs: loadedMs })),
    ],
  };
}

function recordingSet(room: Room, stock: RecordingStock, dataSets: readonly DataSetRow[]): DataSet {
  return {
    id: RECORDING,
    key: RECORDING,
    kind: 'recording',
    name: 'What this browser saw',
    elems: stock.elems,
    fromUs: stock.fromUs,
    toUs: stock.toUs,
    bytes: Math.max(0, room.usedBytes - dataSets.reduce((sum, { bytes }) => sum + bytes, 0)),
    loadedAtMs: null,
    hasIncidents: true,
    isComplete: true,
    missing: [],
  };
}
