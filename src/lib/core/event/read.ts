import { BgpError } from '../error.ts';
import { tryParsePrefix } from '../prefix/prefix.ts';
import type {
  EventCitation,
  EventIndex,
  EventPhase,
  EventReplay,
  EventSummary,
  RoutingEvent,
} from './event.ts';
import { EVENT_TYPES } from './event.ts';

type Unchecked = Readonly<Record<string, unknown>>;

const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const COLLECTOR = /^(rrc\d\d|route-views[a-z0-9.-]{0,32})$/;
const REPLAY_PATH = /^replays\/[a-z0-9_-]{1,64}\.rsl$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** No list of an event is longer. */
const MAX_ITEMS = 1000;
const MAX_TEXT_CHARS = 4000;
const MAX_EVENTS = 10_000;

function bad(detail: string): never {
  throw new BgpError('EVENT_BAD', detail);
}

/** A parsed `static/events/<id>.json`, checked member by member. @throws {BgpError} EVENT_BAD */
export function readEvent(value: unknown): RoutingEvent {
  const event = objectOf(value, 'event');
  const summary = summaryOf(event);
  const truth = objectOf(event['truth'], 'truth');
  const { confidenceNote, story } = event;
  return {
    ...summary,
    story: text(story, 'story'),
    collectors: list(event['collectors'], 'collectors', (one, name) => matching(one, COLLECTOR, name)),
    prefixes: list(event['prefixes'], 'prefixes', prefixText),
    asns: list(event['asns'], 'asns', asn),
    phases: phasesOf(event['phases'], summary),
    truth: {
      victims: list(truth['victims'], 'truth.victims', asn),
      culprits: list(truth['culprits'], 'truth.culprits', asn),
      start: time(truth['start'], 'truth.start'),
      end: truth['end'] === null ? null : time(truth['end'], 'truth.end'),
    },
    confidenceNote: text(confidenceNote, 'confidenceNote'),
    citations: list(event['citations'], 'citations', citationOf),
  };
}

/** A parsed `static/events/index.json`. @throws {BgpError} EVENT_BAD */
export function readEventIndex(value: unknown): EventIndex {
  const index = objectOf(value, 'index');
  if (index['version'] !== 1) bad('index of another version');
  const { events } = index;
  if (!Array.isArray(events) || events.length > MAX_EVENTS) bad('events is no list');
  return {
    version: 1,
    events: (events as unknown[]).map((event) => summaryOf(objectOf(event, 'event'))),
  };
}

function summaryOf(event: Unchecked): EventSummary {
  const { confidence, replay } = event;
  const from = time(event['from'], 'from');
  const to = time(event['to'], 'to');
  if (Date.parse(from) >= Date.parse(to)) bad('from is not before to');
  return {
    id: matching(event['id'], ID, 'id'),
    title: text(event['title'], 'title'),
    type: EVENT_TYPES.find((type) => type === event['type']) ?? bad('type is none we know'),
    from,
    to,
    confidence:
      confidence === 'A' || confidence === 'B' || confidence === 'C'
        ? confidence
        : bad('confidence is none of A, B, C'),
    replay: replay === null ? null : replayOf(replay),
  };
}

function replayOf(value: unknown): EventReplay {
  const replay = objectOf(value, 'replay');
  return {
    path: matching(replay['path'], REPLAY_PATH, 'replay.path'),
    bytes: count(replay['bytes'], 'replay.bytes'),
    sha256: matching(replay['sha256'], SHA256, 'replay.sha256'),
    elems: count(replay['elems'], 'replay.elems'),
  };
}

function phasesOf(value: unknown, window: EventSummary): EventPhase[] {
  const phases = list(value, 'phases', (one) => {
    const phase = objectOf(one, 'phase');
    return { time: time(phase['time'], 'phase.time'), text: text(phase['text'], 'phase.text') };
  });
  const timesMs = phases.map((phase) => Date.parse(phase.time));
  if (timesMs.some((timeMs, i) => i > 0 && timeMs < timesMs[i - 1]!)) bad('phases are out of order');
  const [fromMs, toMs] = [Date.parse(window.from), Date.parse(window.to)];
  if (timesMs.some((timeMs) => timeMs < fromMs || timeMs >= toMs)) bad('a phase lies outside the window');
  return phases;
}

function citationOf(value: unknown): EventCitation {
  const { title, url } = objectOf(value, 'citation');
  const isUrl = typeof url === 'string' && /^https?:\/\/[^\s]{1,2000}$/.test(url);
  return {
    title: text(title, 'citation.title'),
    url: url === null ? null : isUrl ? url : bad('citation.url is no URL'),
  };
}

function objectOf(value: unknown, name: string): Unchecked {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Unchecked) : bad(`${name} is no object`);
}

function list<T>(value: unknown, name: string, read: (one: unknown, name: string) => T): T[] {
  if (!Array.isArray(value) || value.length > MAX_ITEMS) return bad(`${name} is no list`);
  return (value as unknown[]).map((one) => read(one, name));
}

function text(value: unknown, name: string): string {
  const isText = typeof value === 'string' && value.trim() !== '' && value.length <= MAX_TEXT_CHARS;
  return isText ? value : bad(`${name} is no text`);
}

function matching(value: unknown, pattern: RegExp, name: string): string {
  return typeof value === 'string' && pattern.test(value) ? value : bad(`${name} is malformed`);
}

function time(value: unknown, name: string): string {
  const isTime = typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value));
  return isTime ? value : bad(`${name} is no time like 2008-02-24T18:47:57Z`);
}

function prefixText(value: unknown): string {
  const isPrefix = typeof value === 'string' && tryParsePrefix(value) !== null;
  return isPrefix ? value : bad('prefixes holds something that is no prefix');
}

function asn(value: unknown, name: string): number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 0xffff_ffff
    ? (value as number)
    : bad(`${name} holds something that is no ASN`);
}

function count(value: unknown, name: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : bad(`${name} is no count`);
}
