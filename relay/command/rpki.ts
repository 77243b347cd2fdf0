import { parseArgs } from 'node:util';
import { BgpError } from '#core/error.ts';
import type { AspaSet } from '#core/rpki/aspa-set.ts';
import { NO_ASPAS } from '#core/rpki/aspa-set.ts';
import type { VrpSet } from '#core/rpki/vrp-set.ts';
import { NO_VRPS, vrpCount } from '#core/rpki/vrp-set.ts';
import { readRpkiFile } from '../rpki/document.ts';
import { openUpstream } from '../rpki/open.ts';
import { UpstreamError } from '../rpki/upstream.ts';
import { EXIT } from './exit.ts';
import { LineOutput } from './output.ts';
import type { Judgement } from './rpki-answer.ts';
import { answerInput, answerPath, answerRoute } from './rpki-answer.ts';
import { rpkiWatch } from './rpki-watch.ts';
import { parseTimeUs } from './time.ts';

const HELP = `routescope rpki validate --vrps FILE|URL [OPTIONS] [ASN PREFIX]

Route origin validation (RFC 6811) and ASPA path verification against a validator's output: Routinator's (its address
or its JSON) or rpki-client's JSON; plain, gzip or bzip2. Without ASN and PREFIX, routes are read from standard input,
one a line: "ASN PREFIX", Routinator's "PREFIX => ASN", or JSON {"asn": 65001, "prefix": "192.0.2.0/24"}; a "path" in
the JSON is verified too.

  --vrps FILE|URL   where the VRPs are (and the ASPAs, unless --aspas)
  --aspas FILE|URL  where the ASPAs are
  --path "1 2 3"    verify an AS path: nearest AS first, origin last
  --upstream        the path came from a customer or lateral peer, not from a provider or collector peer
  --at TIME         judge as of then: data over two hours older give unknown (stale)
  --json            one JSON object per route or path, with the VRPs consulted as Routinator lists them
  --help

Exit codes: 0 answered (whatever the verdict), 1 something could not be read, 2 wrong usage.

See also: routescope rpki watch --help (ROAs that change, expire or vanish).
`;

interface RpkiOptions extends Pick<Judgement, 'procedure' | 'atUs' | 'isJson'> {
  readonly vrps: string | undefined;
  readonly aspas: string | undefined;
  readonly path: string | undefined;
  readonly route: readonly [string, string] | null;
}

/** `routescope rpki`. @returns the exit code. */
export async function rpki(argv: string[]): Promise<number> {
  if (argv[0] === 'watch') return rpkiWatch(argv.slice(1));
  let options: RpkiOptions | null;
  try {
    options = readOptions(argv);
  } catch (error) {
    process.stderr.write(`routescope rpki: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.usage;
  }
  if (!options) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const judgement = await load(options);
  if (!judgement) return EXIT.failed;
  const output = new LineOutput(process.stdout);
  const report = (message: string): void => void process.stderr.write(`routescope rpki: ${message}\n`);
  const problems = await answerAll(judgement, options, output, report);
  await output.flush();
  return problems > 0 ? EXIT.failed : EXIT.fine;
}

/** @returns how many questions could not be understood. */
async function answerAll(
  judgement: Judgement,
  { route, path }: RpkiOptions,
  output: LineOutput,
  report: (message: string) => void,
): Promise<number> {
  if (route === null && path === undefined) return answerInput(judgement, process.stdin, output, report);
  const wrong = [
    route === null ? null : answerRoute(judgement, ...route, output),
    path === undefined ? null : answerPath(judgement, path, output),
  ].filter((problem) => problem !== null);
  for (const problem of wrong) report(problem);
  return wrong.length;
}

function readOptions(argv: string[]): RpkiOptions | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      vrps: { type: 'string' },
      aspas: { type: 'string' },
      path: { type: 'string' },
      upstream: { type: 'boolean', default: false },
      at: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const [verb, ...rest] = positionals;
  if (verb !== 'validate') throw new Error('what to do is: rpki validate or rpki watch; see --help');
  if (rest.length !== 0 && rest.length !== 2) throw new Error('one ASN and one PREFIX, or none; see --help');
  const { vrps, aspas, path } = values;
  if (vrps === undefined && (path === undefined || rest.length > 0))
    throw new Error('--vrps is missing; see --help');
  if (vrps === undefined && aspas === undefined) throw new Error('--aspas or --vrps is missing; see --help');
  const atUs = values.at === undefined ? null : parseTimeUs(values.at);
  if (values.at !== undefined && atUs === null) {
    throw new Error(`--at ${values.at}: neither Unix seconds nor 2008-02-24T18:30Z`);
  }
  return {
    vrps,
    aspas,
    path,
    route: rest.length === 2 ? [rest[0]!, rest[1]!] : null,
    procedure: values.upstream ? 'upstream' : 'downstream',
    atUs,
    isJson: values.json,
  };
}

interface Loaded {
  readonly vrps: VrpSet;
  readonly aspas: AspaSet;
  readonly generatedS: number;
  readonly badRows: number;
}

async function load(options: RpkiOptions): Promise<Judgement | null> {
  const vrps = options.vrps === undefined ? null : await loadOne(options.vrps);
  if (options.vrps !== undefined && !vrps) return null;
  const aspas = options.aspas === undefined ? vrps : await loadOne(options.aspas);
  if (!aspas) return null;
  return {
    vrps: vrps?.vrps ?? null,
    aspas: aspas.aspas,
    generatedS: (vrps ?? aspas).generatedS,
    procedure: options.procedure,
    atUs: options.atUs,
    isJson: options.isJson,
  };
}

async function loadOne(source: string): Promise<Loaded | null> {
  try {
    const loaded = /^https?:\/\//i.test(source) ? await loadUrl(source) : await loadFile(source);
    const { vrps, aspas, badRows } = loaded;
    if (badRows > 0) process.stderr.write(`routescope rpki: ${source}: ${badRows} rows could not be read\n`);
    if (vrpCount(vrps) + aspas.length === 0) process.stderr.write(`routescope rpki: ${source}: empty\n`);
    return loaded;
  } catch (error) {
    if (!(error instanceof UpstreamError) && !(error instanceof BgpError)) throw error;
    process.stderr.write(`routescope rpki: ${source}: ${error.message}\n`);
    return null;
  }
}

async function loadFile(path: string): Promise<Loaded> {
  const reader = await readRpkiFile(path);
  const data = reader.endSnapshot();
  const { generatedS, badRows } = reader.facts();
  return { ...data, generatedS: generatedS ?? 0, badRows };
}

async function loadUrl(url: string): Promise<Loaded> {
  const update = await openUpstream(url).next(new AbortController().signal);
  if (update.kind !== 'snapshot') return { vrps: NO_VRPS, aspas: NO_ASPAS, generatedS: 0, badRows: 0 };
  return { ...update.data, generatedS: update.generatedS, badRows: update.badRows };
}
