import { parseArgs } from 'node:util';
import { PUBLIC_ARCHIVES } from './archive-import/layout.ts';
import type { Option } from './config-option.ts';
import {
  archiveMode,
  httpUrl,
  list,
  number,
  option,
  rpkiSource,
  text,
  wsUrl,
  yesNo,
} from './config-option.ts';

const MIB = 1024 * 1024;

/** Every setting of `routescope serve`. The order is the order of the help. */
export const OPTIONS = {
  host: option('host', 'ADDR', 'address to listen on', '127.0.0.1', text),
  port: option('port', 'N', 'port to listen on; 0 takes a free one', 8080, number(0, 65_535)),
  source: option(
    'source',
    'WHAT',
    'auto (RIS Live when reachable, else the bundled replay), ris-live, replay, or a file to replay',
    'auto',
    text,
  ),
  speed: option(
    'speed',
    'N',
    'replay: data seconds per second; 0 is as fast as possible',
    60,
    number(0, 100_000, false),
  ),
  loop: option('loop', '', 'replay: start again at the end (--no-loop to stop there)', true, yesNo),
  collector: option(
    'collector',
    'NAME',
    'replay: collector name for a file that does not tell',
    '',
    (value) => value,
  ),
  risUrl: option('ris-url', 'URL', 'RIS Live endpoint', 'wss://ris-live.ripe.net/v1/ws/', wsUrl),
  risClient: option('ris-client', 'ID', 'client id told to RIS Live', 'routescope', text),
  collectors: option('collectors', 'LIST', 'RIS Live: only these collectors, e.g. rrc00,rrc01', [], list),
  risPrefixes: option(
    'ris-prefixes',
    'LIST',
    'RIS Live: only these prefixes and their more specifics',
    [],
    list,
  ),
  risRaw: option(
    'ris-raw',
    '',
    'RIS Live: ask for raw messages (large communities and OTC; twice the traffic)',
    false,
    yesNo,
  ),
  risOpenS: option(
    'ris-open-timeout',
    'S',
    'RIS Live: give up connecting after this',
    5,
    number(1, 120, false),
  ),
  risSilenceS: option(
    'ris-silence',
    'S',
    'RIS Live: reconnect when nothing was heard for this',
    10,
    number(0.1, 3600, false),
  ),
  risLagS: option(
    'ris-lag',
    'S',
    'RIS Live: reconnect when messages are older than this',
    180,
    number(1, 86_400, false),
  ),
  risRetryS: option(
    'ris-retry',
    'S',
    'source auto: while replaying, try RIS Live again this often; 0 is never',
    60,
    number(0, 86_400, false),
  ),
  rpki: option(
    'rpki',
    'URL|FILE',
    'RPKI validator: a Routinator (http://127.0.0.1:8323/), or a JSON address or file as Routinator or rpki-client write it',
    '',
    rpkiSource,
  ),
  ringMb: option('ring-mb', 'MB', 'frames kept for clients that resume, in MiB', 32, number(1, 4096)),
  ringFrames: option(
    'ring-frames',
    'N',
    'frames kept for clients that resume, at most',
    20_000,
    number(10, 1_000_000),
  ),
  maxClients: option('max-clients', 'N', 'stream clients at the same time', 1000, number(1, 100_000)),
  allowOrigin: option(
    'allow-origin',
    'LIST',
    'web origins, besides our own, whose pages may open our WebSockets; * is any',
    [],
    list,
  ),
  data: option('data', 'DIR', 'folder of what is kept: the archive', './data', text),
  archive: option(
    'archive',
    'WHAT',
    'on (what comes in; of a replay that loops the first pass), all (every pass) or off',
    'on',
    archiveMode,
  ),
  archiveRawDays: option(
    'archive-raw-days',
    'DAYS',
    'archive: keep updates this long',
    30,
    number(1, 36_500),
  ),
  archiveIncidentDays: option(
    'archive-incident-days',
    'DAYS',
    'archive: keep incidents this long',
    365,
    number(1, 36_500),
  ),
  archiveFeatureDays: option(
    'archive-feature-days',
    'DAYS',
    'archive: keep feature windows this long',
    365,
    number(1, 36_500),
  ),
  archiveCloseS: option('archive-close', 'S', 'archive: close a file after this long', 300, number(1, 3600)),
  archiveCloseElems: option(
    'archive-close-elems',
    'N',
    'archive: close a file at this many updates',
    200_000,
    number(1000, 2_000_000),
  ),
  archiveMemoryMb: option(
    'archive-memory-mb',
    'MB',
    'archive: memory of its database, in MiB',
    512,
    number(128, 65_536),
  ),
  archiveThreads: option('archive-threads', 'N', 'archive: threads of its database', 1, number(1, 64)),
  features: option(
    'features',
    '',
    'keep two days of features of a live source for scorers to begin with (--no-features: they warm up by themselves)',
    true,
    yesNo,
  ),
  importRisUrl: option(
    'import-ris-url',
    'URL',
    'import of events: where the files of RIPE RIS are',
    PUBLIC_ARCHIVES.ris,
    httpUrl,
  ),
  importRouteviewsUrl: option(
    'import-routeviews-url',
    'URL',
    'import of events: where the files of Route Views are',
    PUBLIC_ARCHIVES.routeviews,
    httpUrl,
  ),
  build: option('build', 'DIR', 'the built page', '', (value) => value),
} satisfies Record<string, Option<unknown>>;

/** Every setting, read once at the start; nothing else reads the environment. */
export type Config = { readonly [K in keyof typeof OPTIONS]: (typeof OPTIONS)[K]['initial'] };

export type ConfigResult =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly mistakes: string[] };

/** The variable that sets an option: `--ris-url` is `ROUTESCOPE_RIS_URL`. */
export function envName(flag: string): string {
  // ROUTESCOPE_DATA names the recordings tests and benchmarks read, which nobody wants archives among.
  if (flag === 'data') return 'ROUTESCOPE_DATA_DIR';
  return `ROUTESCOPE_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Flags over environment over defaults. All mistakes are reported together, also unknown `ROUTESCOPE_*` variables. */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ConfigResult {
  const mistakes: string[] = [];
  const given = readFlags(argv, mistakes);
  const known = new Set(Object.values(OPTIONS).map(({ flag }) => envName(flag)));
  for (const name of Object.keys(env)) {
    if (name.startsWith('ROUTESCOPE_') && !known.has(name) && !OTHER_VARIABLES.has(name)) {
      mistakes.push(`${name} is not a setting`);
    }
  }
  const config: Record<string, unknown> = {};
  for (const [key, { flag, initial, parse }] of Object.entries(OPTIONS)) {
    const fromEnv = env[envName(flag)];
    const value = given.get(flag) ?? fromEnv;
    config[key] = initial;
    if (value === undefined) continue;
    try {
      config[key] = parse(value);
    } catch (cause) {
      const name = given.has(flag) ? `--${flag}` : envName(flag);
      mistakes.push(`${name} ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, config: config as Config };
}

/** Read by tests and scripts, not by the relay. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  'ROUTESCOPE_DATA',
  'ROUTESCOPE_CHROME',
  'ROUTESCOPE_ARCHIVE_FAILPOINTS',
]);

function readFlags(argv: readonly string[], mistakes: string[]): Map<string, string> {
  const given = new Map<string, string>();
  const all = Object.values(OPTIONS);
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    allowNegative: true,
    tokens: true,
    options: Object.fromEntries(
      all.map(({ flag, metavar }) => [
        flag,
        { type: metavar === '' ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
  });
  for (const token of tokens) {
    if (token.kind === 'positional') mistakes.push(`"${token.value}" is not expected here`);
    if (token.kind !== 'option') continue;
    const isNegated = token.rawName.startsWith('--no-');
    const name = isNegated ? token.rawName.slice('--no-'.length) : token.name;
    const found = all.find(({ flag, metavar }) => flag === name && (metavar === '' || !isNegated));
    if (!found) mistakes.push(`${token.rawName} is not an option`);
    else if (found.metavar === '') given.set(found.flag, token.value ?? (isNegated ? 'no' : 'yes'));
    else if (token.value === undefined) mistakes.push(`${token.rawName} needs a value`);
    else given.set(found.flag, token.value);
  }
  return given;
}

/** The help of `serve`: one line per option with its default and its variable. */
export function configHelp(): string {
  const rows = Object.values(OPTIONS).map(({ flag, metavar, help, initial }: Option<unknown>) => {
    const left = `  --${flag}${metavar === '' ? '' : ` ${metavar}`}`;
    const shown = Array.isArray(initial) ? initial.join(',') : String(initial);
    return `${left.padEnd(26)}${help}${shown === '' ? '' : ` [${shown}]`}`;
  });
  return [
    'routescope serve: take BGP updates from a source and serve the page and its streams.',
    '',
    ...rows,
    '',
    `Each can also be set by a variable: --ris-url is ${envName('ris-url')}. Flags win.`,
  ].join('\n');
}

/** The resume ring's bound in bytes. */
export function ringBytes(config: Config): number {
  return config.ringMb * MIB;
}
