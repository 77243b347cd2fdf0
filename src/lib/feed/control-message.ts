import { BgpError } from '#core/error.ts';
import type { Gap, ServerMessage, SourceStatus } from '#core/wire/control.ts';

const MAX_TEXT = 64 * 1024;
const REASONS: ReadonlySet<unknown> = new Set(['slow', 'evicted', 'restarted', 'unexplained']);
const SOURCE_STATES: ReadonlySet<unknown> = new Set([
  'connecting',
  'running',
  'silent',
  'lagging',
  'ended',
  'failed',
]);

type Members = Record<string, unknown>;

/** One text message of the stream; the shape is checked here and nowhere else. @throws {BgpError} WIRE_BAD_MESSAGE */
export function parseServerMessage(text: string): ServerMessage {
  const message = parseObject(text);
  switch (message.type) {
    case 'hello':
      if (!isCount(message.version) || !isCount(message.stream) || !isCount(message.seq)) throw bad('hello');
      if (!isCount(message.oldest) || !isSource(message.source)) throw bad('hello');
      break;
    case 'status':
      if (!isCount(message.seq) || !isSource(message.source)) throw bad('status');
      break;
    case 'gap':
      if (!isGap(message)) throw bad('gap');
      break;
    case 'error':
      if (typeof message.code !== 'string' || typeof message.detail !== 'string') throw bad('error');
      break;
    default:
      throw bad(`type ${String(JSON.stringify(message.type)).slice(0, 40)}`);
  }
  return message as unknown as ServerMessage;
}

function parseObject(text: string): Members {
  if (text.length > MAX_TEXT) throw new BgpError('WIRE_BAD_MESSAGE', `${text.length} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BgpError('WIRE_BAD_MESSAGE', 'not JSON', { cause });
  }
  if (typeof value === 'object' && value !== null) return value as Members;
  throw bad('not an object');
}

function bad(what: string): BgpError {
  return new BgpError('WIRE_BAD_MESSAGE', what);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCountOrNull(value: unknown): value is number | null {
  return value === null || isCount(value);
}

function isGap(value: Members): value is Members & Gap {
  return REASONS.has(value.reason) && [value.from, value.to, value.frames, value.elems].every(isCountOrNull);
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || Number.isFinite(value);
}

function isSource(value: unknown): value is SourceStatus {
  if (typeof value !== 'object' || value === null) return false;
  const source = value as Members;
  return (
    (source.kind === 'ris-live' || source.kind === 'replay') &&
    typeof source.label === 'string' &&
    typeof source.reason === 'string' &&
    SOURCE_STATES.has(source.state) &&
    [source.speed, source.pass, source.startUs, source.endUs, source.dataTimeUs, source.lagMs].every(
      isNumberOrNull,
    ) &&
    [source.messages, source.elems, source.badMessages, source.reconnects].every(isCount)
  );
}
