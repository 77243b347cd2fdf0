import { parseArgs } from 'node:util';
import { BgpError } from '#core/error.ts';
import { MAX_VRPS } from '#core/rpki/json-reader.ts';
import type { VrpSet } from '#core/rpki/vrp-set.ts';
import { applyVrpDelta, NO_VRPS, vrpCount } from '#core/rpki/vrp-set.ts';
import type { WatchAlert } from '#core/watch/alert-desk.ts';
import type { RoaExpiries } from '#core/watch/roa-expiries.ts';
import { Watcher } from '#core/watch/watcher.ts';
import { openUpstream } from '../rpki/open.ts';
import type { Update } from '../rpki/upstream.ts';
import { sleep, UpstreamError } from '../rpki/upstream.ts';
import { readWatchFile } from '../watch/watch-file.ts';
import { EXIT } from './exit.ts';
import { LineOutput } from './output.ts';
import { parseTimeUs } from './time.ts';

const HELP = `routescope rpki watch --watch FILE --vrps FILE|URL [OPTIONS]

Tell what happens to the ROAs that concern a watch list: those that come, go or are about to expire, and trust anchors
that lose more than a fifth of their VRPs at once. VRPs are Routinator's, rpki-client's or BGPalerter's JSON; plain, gzip
or bzip2. Only rpki-client's and BGPalerter's say when they expire.

  --watch FILE           watch list: ours, BGPalerter's prefixes.yml or ARTEMIS' config.yaml (docs/watch.md)
  --vrps FILE|URL        the VRPs of before; without --vrps-after, they are followed from now on until interrupted
  --vrps-after FILE|URL  the VRPs of after: compare, and end
  --interval SECONDS     look so often (default: files 15, addresses 1200, on private networks 60; Routinator tells itself)
  --at TIME              as of then, for what is about to expire (default: when the VRPs are of; following: now)
  --each                 also tell one by one what vanished with a trust anchor
  --json                 one JSON object per alert
  --help

Exit codes: 0 compared (whatever the outcome), 1 something could not be read, 2 wrong usage.
`;

interface WatchOptions {
  readonly watch: string;
  readonly vrps: string;
  readonly after: string | undefined;
  readonly intervalMs: number | undefined;
  readonly atS: number | null;
  readonly isEach: boolean;
  readonly isJson: boolean;
}

const note = (line: string): void => void process.stderr.write(`routescope rpki watch: ${line}\n`);

/** `routescope rpki watch`. @returns the exit code. */
export async function rpkiWatch(argv: string[]): Promise<number> {
  let options: WatchOptions | null;
  try {
    options = readOptions(argv);
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    return EXIT.usage;
  }
  if (!options) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  try {
    const list = await readWatchFile(options.watch);
    for (const warning of list.warnings) note(`${options.watch}: ${warning}`);
    const roa = { isLossDetailed: options.isEach, maxLines: Infinity, maxRelevant: MAX_VRPS };
    const watcher = new Watcher(list, { roa });
    const desk = new RoaDesk(watcher, options);
    if (options.after === undefined) return await follow(options, desk);
    await desk.take(options.vrps);
    await desk.take(options.after);
    return EXIT.fine;
  } catch (error) {
    if (!(error instanceof BgpError) && !(error instanceof UpstreamError)) throw error;
    note(error.message);
    return EXIT.failed;
  }
}

function readOptions(argv: string[]): WatchOptions | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      watch: { type: 'string' },
      vrps: { type: 'string' },
      'vrps-after': { type: 'string' },
      interval: { type: 'string' },
      at: { type: 'string' },
      each: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const { watch, vrps, interval, at, 'vrps-after': after } = values;
  if (watch === undefined || vrps === undefined) throw new Error('--watch or --vrps is missing; see --help');
  if (interval !== undefined && !/^[1-9]\d{0,4}$/.test(interval)) {
    throw new Error(`--interval ${interval}: not 1 to 99999 seconds`);
  }
  const atUs = at === undefined ? null : parseTimeUs(at);
  if (at !== undefined && atUs === null) {
    throw new Error(`--at ${at}: neither Unix seconds nor 2008-02-24T18:30Z`);
  }
  return {
    watch,
    vrps,
    after,
    intervalMs: interval === undefined ? undefined : Number(interval) * 1000,
    atS: atUs === null ? null : atUs / 1e6,
    isEach: values.each,
    isJson: values.json,
  };
}

/** Until interrupted. A failure is told once and waited out: the VRPs of before stay. @returns the exit code. */
async function follow(options: WatchOptions, desk: RoaDesk): Promise<number> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const upstream = desk.open(options.vrps);
  let failure = '';
  while (!ended.signal.aborted && !desk.isClosed) {
    try {
      const isSound = await desk.step(await upstream.next(ended.signal), Date.now() / 1000);
      if (!isSound) upstream.restart();
      failure = '';
    } catch (error) {
      if (ended.signal.aborted) break;
      if (!(error instanceof BgpError) && !(error instanceof UpstreamError)) throw error;
      if (error.message !== failure) note((failure = error.message));
      const waitMs = error instanceof UpstreamError ? error.retryMs : null;
      await sleep(waitMs ?? options.intervalMs ?? 60_000, ended.signal).catch(() => undefined);
    }
  }
  return EXIT.fine;
}

/** Compares versions of the VRPs and prints what a watcher says. */
class RoaDesk {
  readonly #watcher: Watcher;
  readonly #options: WatchOptions;
  readonly #output = new LineOutput(process.stdout);
  #vrps: VrpSet | null = null;
  #expiries: RoaExpiries | null = null;
  /** Of the body being read. */
  #nextExpiries: RoaExpiries | null = null;
  #dropped = 0;

  constructor(watcher: Watcher, options: WatchOptions) {
    this.#watcher = watcher;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#output.isClosed;
  }

  /** A source whose expiry times are kept. */
  open(source: string): ReturnType<typeof openUpstream> {
    this.#nextExpiries = null;
    return openUpstream(source, {
      intervalMs: this.#options.intervalMs,
      onVrp: () => (this.#nextExpiries = this.#watcher.expiries()).take,
    });
  }

  /** Take in a source as it is. @throws {BgpError} RPKI_*, {UpstreamError} */
  async take(source: string): Promise<void> {
    const update = await this.open(source).next(new AbortController().signal);
    note(`${source}: VRPs of ${new Date(update.generatedS * 1000).toISOString()}`);
    if (update.kind === 'snapshot' && vrpCount(update.data.vrps) === 0) note(`${source}: no VRPs in it`);
    await this.step(update, update.generatedS);
  }

  /** @returns false when a difference did not fit what there was: the whole is needed */
  async step(update: Update, nowS: number): Promise<boolean> {
    let isSound = true;
    if (update.kind !== 'same' && update.badRows > 0) note(`${update.badRows} rows could not be read`);
    if (update.kind === 'snapshot') {
      this.#vrps = update.data.vrps;
      this.#expiries = this.#nextExpiries;
      const lost = this.#expiries?.dropped ?? 0;
      if (lost > 0) note(`${lost} expiry times left out for want of room`);
    } else if (update.kind === 'delta') {
      const { set, duplicates, missing } = applyVrpDelta(this.#vrps ?? NO_VRPS, update.delta.vrps);
      isSound = duplicates + missing === 0;
      if (isSound) this.#vrps = set;
    }
    const timeS = this.#options.atS ?? nowS;
    if (this.#vrps && isSound) this.#watcher.stepVrpSet(this.#vrps, timeS, this.#expiries);
    for (const alert of this.#watcher.takeAlerts()) this.#output.add(this.#line(alert));
    await this.#output.flush();
    const { dropped } = this.#watcher.stats();
    if (dropped > this.#dropped) note(`${dropped - this.#dropped} VRPs or alerts left out for want of room`);
    this.#dropped = dropped;
    return isSound;
  }

  #line(alert: WatchAlert): string {
    const { affected, prefix, victim, summary, label, groups, latestUs } = alert;
    const time = new Date(latestUs / 1000).toISOString().replace(/\.000Z$/, 'Z');
    if (!this.#options.isJson) return `${time} ${affected}: ${summary}`;
    return JSON.stringify({
      time,
      kind: kindOf(alert),
      affected,
      prefix,
      asn: victim,
      summary,
      label,
      groups,
    });
  }
}

function kindOf({ id }: WatchAlert): 'change' | 'expiry' | 'trust-anchor' {
  if (id.startsWith('roa-diff-')) return 'change';
  return id.startsWith('roa-expire-') ? 'expiry' : 'trust-anchor';
}
