import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { StatusParts } from './status.ts';

type Read = () => number;
type ReadByLabel = () => Iterable<readonly [string, number]>;

/** `/metrics`: Prometheus text. Numbers are read from their owners when asked for, never kept twice. */
export function serveMetrics(app: FastifyInstance, parts: Omit<StatusParts, 'sockets'>): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'routescope_' });
  addSource(registry, parts);
  addHub(registry, parts);
  addRpki(registry, parts);
  addArchive(registry, parts.relay);
  addFeatures(registry, parts.relay);
  app.get('/metrics', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(registry.contentType)
      .send(await registry.metrics()),
  );
}

function addSource(registry: Registry, { relay }: Pick<StatusParts, 'relay'>): void {
  const status = () => relay.status();
  const stats = () => relay.source.stats();
  counter(registry, 'source_messages', 'BGP messages taken from the source', () => status().messages);
  counter(registry, 'source_elems', 'Elems taken from the source', () => status().elems);
  counter(registry, 'source_dropped', 'Messages let go because the queue was full', () => stats().dropped);
  counterBy(registry, 'source_bad', 'Bad messages by error code', 'code', () => stats().badByCode);
  counterBy(
    registry,
    'source_reconnects',
    'Reconnects by reason',
    'reason',
    () => stats().reconnectsByReason,
  );
  gauge(registry, 'source_queue', 'Messages waiting to be decoded', () => stats().queued);
  gauge(registry, 'source_queue_limit', 'Messages that may wait', () => stats().queueLimit);
  gauge(registry, 'source_lag_seconds', 'How far the newest message was behind on arrival', () => {
    const { lagMs } = status();
    return lagMs === null ? Number.NaN : lagMs / 1000;
  });
  gauge(
    registry,
    'source_data_time_seconds',
    'Time of the newest elem',
    () => (status().dataTimeUs ?? Number.NaN) / 1e6,
  );
  gauge(registry, 'source_running', '1 while the source runs', () => (status().state === 'running' ? 1 : 0));
}

function addHub(registry: Registry, { relay, risServer }: Pick<StatusParts, 'relay' | 'risServer'>): void {
  const stats = () => relay.hub.stats();
  counter(registry, 'frames', 'Frames of the stream', () => stats().seq);
  counter(registry, 'elems', 'Elems in frames of the stream', () => stats().elems);
  counter(registry, 'encodes', 'Batches encoded: once per batch and distinct filter', () => stats().encodes);
  counter(registry, 'sent_frames', 'Frames sent, over all clients', () => stats().sentFrames);
  counter(registry, 'sent_bytes', 'Frame bytes sent, over all clients', () => stats().sentBytes);
  counter(registry, 'gaps', 'Gaps announced to clients', () => stats().gaps);
  counter(registry, 'dropped_frames', 'Frames clients were told they lost', () => stats().lostFrames);
  counter(registry, 'dropped_elems', 'Elems clients were told they lost', () => stats().lostElems);
  counter(registry, 'ring_evicted_frames', 'Frames the resume ring has let go', () => stats().evictedFrames);
  gauge(registry, 'clients', 'Clients of /stream', () => stats().clients);
  gauge(registry, 'filter_groups', 'Distinct filters in use', () => stats().groups);
  gauge(registry, 'ring_bytes', 'Bytes in the resume ring', () => stats().ringBytes);
  gauge(registry, 'ring_frames', 'Frames in the resume ring', () => stats().ringFrames);
  gauge(registry, 'client_buffered_bytes', 'Bytes waiting in client sockets', () => stats().bufferedBytes);
  gauge(registry, 'waiting_elems', 'Elems waiting for their batch to close', () => relay.waitingElems);
  gauge(registry, 'ris_clients', 'Clients of /v1/ws', () => risServer.stats().clients);
  counter(
    registry,
    'ris_messages',
    'RIS messages sent, over all clients',
    () => risServer.stats().sentMessages,
  );
  counter(registry, 'ris_encodes', 'RIS messages encoded', () => risServer.stats().encodes);
  counter(
    registry,
    'ris_too_slow',
    'Clients of /v1/ws closed for being too slow',
    () => risServer.stats().tooSlow,
  );
}

function addArchive(registry: Registry, { archive }: StatusParts['relay']): void {
  if (!archive) return;
  const status = () => archive.status();
  gauge(registry, 'archive_running', '1 while the archive takes elems', () =>
    status().state === 'running' ? 1 : 0,
  );
  gauge(registry, 'archive_files', 'Files of the archive', () => status().files);
  gauge(registry, 'archive_bytes', 'Bytes of those files', () => status().bytes);
  gauge(registry, 'archive_rows', 'Elems in those files', () => status().rows);
  gauge(
    registry,
    'archive_spool_bytes',
    'Bytes acknowledged and not in files yet',
    () => status().spoolBytes,
  );
  gauge(registry, 'archive_queue_bytes', 'Bytes on their way to the archive', () => archive.queuedBytes);
  gauge(registry, 'archive_waiting_elems', 'Elems not acknowledged yet', () => status().waitingElems);
  counter(registry, 'archive_acked', 'Elems acknowledged, ever', () => status().ackedSeq);
  counter(registry, 'archive_lost', 'Elems that could not be archived, ever', () => status().lostElems);
  counter(
    registry,
    'archive_repeated',
    "Elems of a replay's later passes, not archived again",
    () => status().repeatedElems,
  );
}

function addFeatures(registry: Registry, { features }: StatusParts['relay']): void {
  if (!features) return;
  const stats = () => features.stats();
  gauge(registry, 'feature_streams', 'Streams whose features are kept', () => stats().streams);
  gauge(registry, 'feature_queue_bytes', 'Bytes on their way to be counted', () => stats().queuedBytes);
  counter(registry, 'feature_elems', 'Elems counted into features', () => stats().elems);
  counter(registry, 'feature_dropped', 'Frames let go because too many waited', () => stats().droppedFrames);
  counter(registry, 'feature_bad', 'Frames that could not be read', () => stats().badFrames);
  counter(registry, 'feature_refused', 'Windows of streams there was no room for', () => stats().refused);
}

function addRpki(registry: Registry, { rpki }: Pick<StatusParts, 'rpki'>): void {
  if (!rpki) return;
  const status = () => rpki.status();
  gauge(registry, 'rpki_vrps_v4', 'IPv4 VRPs held', () => status().vrpsV4);
  gauge(registry, 'rpki_vrps_v6', 'IPv6 VRPs held', () => status().vrpsV6);
  gauge(registry, 'rpki_aspas', 'ASPAs held', () => status().aspas);
  gauge(
    registry,
    'rpki_age_seconds',
    'Since the validator vouched for them',
    () => status().ageS ?? Number.NaN,
  );
  counter(registry, 'rpki_snapshots', 'Whole sets taken from the validator', () => status().snapshots);
  counter(registry, 'rpki_deltas', 'Differences taken from the validator', () => status().deltas);
  counter(registry, 'rpki_unchanged', 'Times the validator had nothing new', () => status().unchanged);
  counter(registry, 'rpki_bytes', 'Bytes read from the validator', () => status().bytes);
  counter(registry, 'rpki_bad_rows', 'VRPs and ASPAs that could not be read', () => status().badRows);
  counter(
    registry,
    'rpki_misfits',
    'Differences that did not fit and led to a new load',
    () => status().misfits,
  );
  counter(
    registry,
    'rpki_dropped_deltas',
    'Differences no longer kept for clients',
    () => status().droppedDeltas,
  );
  counterBy(registry, 'rpki_failures', 'Failures by reason', 'reason', () =>
    Object.entries(status().failures),
  );
}

function gauge(registry: Registry, name: string, help: string, read: Read): void {
  new Gauge({
    name: `routescope_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

function counter(registry: Registry, name: string, help: string, read: Read): void {
  new Counter({
    name: `routescope_${name}_total`,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function counterBy<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  label: L,
  read: ReadByLabel,
): void {
  new Counter({
    name: `routescope_${name}_total`,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) this.inc({ [label]: value } as Record<L, string>, count);
    },
  });
}
