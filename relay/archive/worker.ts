import { parentPort, workerData } from 'node:worker_threads';
import { NO_IMPORT } from '#core/event/import-status.ts';
import { ImportJob } from '../archive-import/job.ts';
import type { Log, LogFields } from '../log.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { steadyClock } from './retention.ts';
import { ArchiveService } from './service.ts';

/** The archive in a thread of its own: files, hashes and DuckDB never wait in the way of those who listen. */

const port = parentPort!;
const settings = workerData as WorkerSettings;
const send = (message: FromWorker): void => port.postMessage(message);
const say =
  (level: 'info' | 'warn' | 'error') =>
  (event: string, fields: LogFields = {}): void =>
    send({ op: 'log', level, event, fields });
const log: Log = { info: say('info'), warn: say('warn'), error: say('error') };

let job: ImportJob | null = null;

const service = new ArchiveService({
  ...settings,
  log,
  nowMs: steadyClock(
    () => Date.now(),
    () => performance.now(),
  ),
  onTick: (status, takenBytes) =>
    send({ op: 'tick', status, takenBytes, importing: job?.status ?? NO_IMPORT }),
});

port.on('message', (message: ToWorker) => {
  switch (message.op) {
    case 'frame':
      service.take(message.frame, message.elems);
      break;
    case 'lose':
      service.lose(message.elems, message.code);
      break;
    case 'import':
      send({ op: 'import-answer', id: message.id, isStarted: startImport(message) });
      break;
    case 'import-cancel':
      void job?.cancel();
      break;
    case 'close':
      void close();
  }
});

function startImport({ event, bases }: Extract<ToWorker, { op: 'import' }>): boolean {
  const { archive } = service;
  if (!archive) return false;
  job ??= new ImportJob({ archive, dataDir: settings.dataDir, bases, log });
  return job.start(event);
}

async function close(): Promise<void> {
  await job?.cancel();
  await service.close();
  send({ op: 'closed' });
  port.close();
}

service.start();
