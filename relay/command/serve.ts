import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { createServer } from '../api/server.ts';
import { openArchiveLink } from '../archive/open-link.ts';
import { archiveDir } from '../archive/service.ts';
import type { ArchiveBases } from '../archive-import/layout.ts';
import { LinkImports } from '../archive-import/link-imports.ts';
import { risLiveRoute } from '../api/ris-live.ts';
import { streamRoute } from '../api/stream.ts';
import type { Config } from '../config.ts';
import { configHelp, readConfig, ringBytes } from '../config.ts';
import { FeatureLink } from '../feature/link.ts';
import { FeaturePast } from '../feature/past.ts';
import { Hub } from '../hub.ts';
import type { Log } from '../log.ts';
import { createLog } from '../log.ts';
import { Relay } from '../relay.ts';
import { RisServer } from '../ris/server.ts';
import { RpkiMirror } from '../rpki/mirror.ts';
import { viewOfFolder } from '../slice/view.ts';
import { openUpstream } from '../rpki/open.ts';
import { chooseSource } from '../source/choose.ts';
import { projectVersion } from '../version.ts';

/** Clients have this long to take what is left when the relay stops. */
const DRAIN_MS = 3000;
/** A relay that has not stopped by itself by then is ended. */
const STOP_MS = 8000;
/** Ctrl-C reaches a relay started by a script twice, from the terminal and from the script: that is one signal. */
const SAME_SIGNAL_MS = 500;

/** `routescope serve`. @returns the exit code: 0 stopped when asked to, 1 could not start, 2 bad flags or variables. */
export async function serve(argv: string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`${configHelp()}\n`);
    return 0;
  }
  const read = readConfig(argv, process.env);
  if (!read.ok) {
    process.stderr.write(`${read.mistakes.map((mistake) => `routescope: ${mistake}`).join('\n')}\n`);
    process.stderr.write('routescope: `routescope serve --help` lists every setting\n');
    return 2;
  }
  const { config } = read;
  const log = createLog((line) => process.stderr.write(line));
  const source = await chooseSource(config, log);
  if (typeof source === 'string') {
    process.stderr.write(`routescope: ${source}\n`);
    return 1;
  }
  const hub = new Hub({
    stream: randomInt(1, 0xffff_ffff),
    ring: { maxBytes: ringBytes(config), maxFrames: config.ringFrames },
  });
  const archive = openArchiveLink(config, log, process.env['ROUTESCOPE_ARCHIVE_FAILPOINTS']);
  const features = config.features ? openFeatureLink(config, log) : null;
  const relay = new Relay(source, hub, log, archive, features);
  const risServer = new RisServer(hub);
  const rpki = createMirror(config, log);
  // Before anybody is told that the relay runs: a signal right after that must find its handler.
  const isAsked = stopSignal(log);
  const app = await listen(config, relay, risServer, rpki, log);
  if (!app) {
    await source.close();
    await archive?.close();
    await features?.close();
    return 1;
  }
  relay.start();
  rpki?.start();
  await isAsked;
  await stop(app, relay, risServer);
  await rpki?.close();
  log.info('relay.stopped');
  return 0;
}

/** Its versions are numbered anew by every run of the relay: the start time tells the runs apart. */
function createMirror({ rpki }: Config, log: Log): RpkiMirror | null {
  if (rpki === '') return null;
  return new RpkiMirror(openUpstream(rpki), { log, session: String(Math.floor(Date.now() / 1000)) });
}

function openFeatureLink(config: Config, log: Log): FeatureLink {
  return new FeatureLink({ path: resolve(config.data, 'features.history.gz') }, log);
}

function archiveBases({ importRisUrl, importRouteviewsUrl }: Config): ArchiveBases {
  return { ris: importRisUrl, routeviews: importRouteviewsUrl };
}

async function listen(
  config: Config,
  relay: Relay,
  risServer: RisServer,
  rpki: RpkiMirror | null,
  log: Log,
): Promise<FastifyInstance | null> {
  const app = await createServer({
    version: projectVersion(),
    config,
    startedMs: Date.now(),
    relay,
    risServer,
    rpki,
    log,
    pageDir: config.build === '' ? fileURLToPath(new URL('../../build', import.meta.url)) : config.build,
    routes: [streamRoute(relay), risLiveRoute(relay, risServer)],
    archiveView: config.archive === 'off' ? null : viewOfFolder(archiveDir(resolve(config.data))),
    past: new FeaturePast(config, () => relay.status(), relay.features),
    imports: relay.archive && new LinkImports(relay.archive, archiveBases(config)),
  });
  try {
    const url = await app.listen({ host: config.host, port: config.port });
    const { kind, label, speed, reason } = relay.status();
    log.info('relay.listening', { url, source: kind, label });
    const played = kind === 'replay' ? `replaying ${label}${speed === 0 ? '' : ` at ${speed}x`}` : label;
    process.stdout.write(`Routescope is at ${url} (${played}${reason === '' ? '' : `; ${reason}`})\n`);
    return app;
  } catch (cause) {
    await app.close();
    const { code, message } = cause as NodeJS.ErrnoException;
    const where = `${config.host}:${config.port}`;
    const text =
      code === 'EADDRINUSE'
        ? `${where} is in use: stop what runs there or choose another with --port`
        : message;
    process.stderr.write(`routescope: ${text}\n`);
    return null;
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let firstMs = 0;
    const take = (signal: NodeJS.Signals): void => {
      const nowMs = performance.now();
      if (firstMs > 0 && nowMs - firstMs < SAME_SIGNAL_MS) return;
      if (firstMs > 0) process.exit(1);
      firstMs = nowMs;
      log.info('relay.stopping', { signal });
      resolve();
    };
    process.on('SIGINT', take);
    process.on('SIGTERM', take);
  });
}

async function stop(app: FastifyInstance, relay: Relay, risServer: RisServer): Promise<void> {
  const deadline = setTimeout(() => process.exit(0), STOP_MS);
  await relay.stop(DRAIN_MS);
  risServer.close();
  await app.close();
  clearTimeout(deadline);
}
