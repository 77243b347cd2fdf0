import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { FeatureSettings, FromFeatures, ToFeatures } from './messages.ts';
import { FeatureService } from './service.ts';

/** Features in a thread of their own: counting never waits in the way of those who listen. */

const TICK_MS = 250;
const SAVE_MS = 600_000;

const port = parentPort!;
const { path } = workerData as FeatureSettings;
const service = new FeatureService();
const send = (message: FromFeatures): void => port.postMessage(message);
let takenBytes = 0;
let saving: Promise<void> = Promise.resolve();

const warn = (event: string, error: unknown): void =>
  send({
    op: 'log',
    level: 'warn',
    event,
    fields: { detail: error instanceof Error ? error.message : String(error) },
  });

// Messages wait until this is done: what is stored comes before what is heard.
await service.load(path).then(
  (minutes) =>
    minutes > 0 && send({ op: 'log', level: 'info', event: 'features.restored', fields: { minutes } }),
  (error: unknown) => warn('features.not-restored', error),
);

port.on('message', (message: ToFeatures) => {
  switch (message.op) {
    case 'frame':
      takenBytes += message.frame.length;
      service.take(message.frame);
      break;
    case 'gap':
      service.gap();
      break;
    case 'starts-over':
      service.startsOver();
      break;
    case 'history':
      void service.history().then((bytes) => send({ op: 'history', id: message.id, bytes }));
      break;
    case 'close':
      void close();
  }
});

const tick = setInterval(() => {
  send({ op: 'tick', takenBytes, stats: service.stats() });
  takenBytes = 0;
}, TICK_MS);
const save = setInterval(() => void store(), SAVE_MS);

function store(): Promise<void> {
  saving = saving.then(async () => {
    try {
      await mkdir(dirname(path), { recursive: true });
      await service.save(path);
    } catch (error) {
      warn('features.not-stored', error);
    }
  });
  return saving;
}

async function close(): Promise<void> {
  clearInterval(tick);
  clearInterval(save);
  await store();
  send({ op: 'closed' });
  port.close();
}
