import { BgpError } from '#core/error.ts';
import { get, readRpkiJson, readText } from './request.ts';
import type { Update, Upstream } from './upstream.ts';
import { sleep, UpstreamError } from './upstream.ts';

/** A notification is waited for at most this long: proxies and HTTP clients cut silent connections after five minutes. */
const NOTIFY_MS = 240_000;
/** How often a Routinator that has no `/json-delta` (before 0.13, or behind a proxy that hides it) is asked for `/json`. */
const POLL_MS = 120_000;
/** Least time between two questions, should a notification come back at once for no reason. */
const LEAST_MS = 1000;

/** Waiting times in ms, shortened by tests. */
export interface RoutinatorWaits {
  readonly notifyMs: number;
  readonly pollMs: number;
  readonly leastMs: number;
}

interface Version {
  readonly session: string;
  readonly serial: number;
}

/**
 * A Routinator, mirrored: `/json` once, then `/json-delta/notify` waits for news and `/json-delta` brings them. A new
 * session, a reset or a delta that cannot be read lead back to `/json`.
 */
export class RoutinatorUpstream implements Upstream {
  readonly kind = 'routinator';
  readonly label: string;
  readonly #base: URL;
  #version: Version | null = null;
  #etag: string | null = null;
  #generatedS = 0;
  #hasDeltas = true;
  #isFirst = true;

  readonly #waits: RoutinatorWaits;

  /** @param base where the API is, ending in a slash. */
  constructor(base: URL, waits: Partial<RoutinatorWaits> = {}) {
    this.#base = base;
    this.#waits = { notifyMs: NOTIFY_MS, pollMs: POLL_MS, leastMs: LEAST_MS, ...waits };
    this.label = `${base.origin}${base.pathname}`;
  }

  get validityBase(): URL {
    return new URL('api/v1/validity/', this.#base);
  }

  restart(): void {
    this.#version = null;
    this.#etag = null;
    this.#isFirst = true;
  }

  async next(signal: AbortSignal): Promise<Update> {
    if (this.#isFirst) return this.#snapshot(signal);
    if (!this.#hasDeltas || !this.#version) {
      await sleep(this.#waits.pollMs, signal);
      return this.#snapshot(signal);
    }
    return this.#waitForNews(this.#version, signal);
  }

  async #snapshot(signal: AbortSignal): Promise<Update> {
    const answer = await get(
      new URL('json', this.#base),
      this.#etag === null ? {} : { 'if-none-match': this.#etag },
      signal,
    );
    if (answer.response.status === 304) {
      answer.abort();
      return this.#same(signal);
    }
    const etag = answer.response.headers.get('etag');
    const reader = (await readRpkiJson(answer))!;
    const data = reader.endSnapshot();
    const { generatedS, badRows } = reader.facts();
    this.#isFirst = false;
    this.#etag = etag;
    this.#version = versionOfEtag(etag);
    this.#generatedS = generatedS ?? 0;
    return {
      kind: 'snapshot',
      data,
      generatedS: this.#generatedS,
      session: this.#version?.session ?? null,
      serial: this.#version?.serial ?? null,
      badRows,
      bytes: reader.readBytes,
    };
  }

  async #waitForNews(version: Version, signal: AbortSignal): Promise<Update> {
    const startMs = performance.now();
    const now = await this.#notified(version, signal);
    if (now === null) return this.#same(signal);
    const isSame = now.session === version.session && now.serial === version.serial;
    if (isSame) {
      await sleep(Math.max(0, this.#waits.leastMs - (performance.now() - startMs)), signal);
      return this.#same(signal);
    }
    if (now.session !== version.session) {
      this.restart();
      return this.#snapshot(signal);
    }
    return this.#delta(version, signal);
  }

  /** The version there is now: at once when it differs from `version`, else when it does. Null when nothing came. */
  async #notified(version: Version, signal: AbortSignal): Promise<Version | null> {
    const url = this.#versioned('json-delta/notify', version);
    try {
      return readNotice(await readText(await get(url, {}, signal, this.#waits.notifyMs)));
    } catch (cause) {
      if (cause instanceof UpstreamError && cause.reason === 'timeout') return null;
      if (cause instanceof UpstreamError && cause.reason === 'refused') {
        this.#hasDeltas = false;
        return null;
      }
      throw cause;
    }
  }

  async #delta(version: Version, signal: AbortSignal): Promise<Update> {
    const answer = await get(this.#versioned('json-delta', version), {}, signal);
    // A reset comes with the whole set, but without trust anchors: `/json` is better.
    const reader = await readRpkiJson(answer, (soFar) => soFar.facts().isReset).catch((cause: unknown) => {
      this.restart();
      throw cause;
    });
    if (reader === null || reader.facts().isReset) {
      this.restart();
      return this.#snapshot(signal);
    }
    const facts = reader.facts();
    const { session, serial, fromSerial, generatedS, badRows } = facts;
    if (session !== version.session || serial === null || fromSerial !== version.serial || badRows > 0) {
      this.restart();
      throw new BgpError('RPKI_BAD_DELTA', `from ${fromSerial} to ${serial}, ${badRows} bad rows`);
    }
    const delta = reader.endDelta();
    this.#version = { session, serial };
    this.#etag = null;
    this.#generatedS = generatedS ?? this.#generatedS;
    return {
      kind: 'delta',
      delta,
      generatedS: this.#generatedS,
      session,
      serial,
      badRows,
      bytes: reader.readBytes,
    };
  }

  /**
   * Nothing new. Routinator keeps the time of the set when a run changes nothing, so the time of the run is asked for:
   * otherwise a quiet hour could not be told from a validator that has stopped validating.
   */
  async #same(signal: AbortSignal): Promise<Update> {
    const text = await get(new URL('api/v1/status', this.#base), {}, signal)
      .then(readText)
      .catch((cause: unknown) => {
        if (cause instanceof UpstreamError) return '';
        throw cause;
      });
    const done = /"lastUpdateDone"\s*:\s*"([^"]{1,40})"/.exec(text)?.[1];
    const doneS = done === undefined ? Number.NaN : Math.floor(Date.parse(done) / 1000);
    if (doneS > this.#generatedS) this.#generatedS = doneS;
    return { kind: 'same', generatedS: this.#generatedS };
  }

  #versioned(path: string, { session, serial }: Version): URL {
    return new URL(`${path}?session=${session}&serial=${serial}`, this.#base);
  }
}

/** Routinator's ETag is `"<session in hex>-<serial>"`; null for another one. */
export function versionOfEtag(etag: string | null): Version | null {
  const match = /^(?:W\/)?"([0-9a-f]{1,16})-(\d{1,10})"$/i.exec(etag ?? '');
  return match ? { session: BigInt(`0x${match[1]}`).toString(), serial: Number(match[2]) } : null;
}

/**
 * `{"session": 1795294448, "serial": 1}`. The session is a bare number of up to 64 bits here (a string in
 * `/json-delta`), which JSON.parse would round.
 */
export function readNotice(text: string): Version | null {
  const session = /"session"\s*:\s*"?(\d{1,20})"?/.exec(text)?.[1];
  const serial = /"serial"\s*:\s*(\d{1,10})/.exec(text)?.[1];
  return session === undefined || serial === undefined ? null : { session, serial: Number(serial) };
}
