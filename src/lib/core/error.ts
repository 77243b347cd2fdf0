/** Stable, greppable failure codes. Each has a row in docs/errors.md. */
export type ErrorCode =
  | 'ASN_BAD'
  | 'ADDRESS_BAD'
  | 'PREFIX_BAD'
  | 'BGP_BAD_MARKER'
  | 'BGP_BAD_LENGTH'
  | 'BGP_BAD_NLRI'
  | 'BGP_BAD_ATTRIBUTE'
  | 'MRT_TRUNCATED'
  | 'MRT_BAD_RECORD'
  | 'MRT_LOST_FRAMING'
  | 'MRT_NO_PEER_INDEX'
  | 'BMP_TRUNCATED'
  | 'BMP_BAD_MESSAGE'
  | 'BMP_LOST_FRAMING'
  | 'PCAP_BAD'
  | 'PCAP_TRUNCATED'
  | 'RIS_BAD_MESSAGE'
  | 'RIS_BAD_REQUEST'
  | 'JSONL_BAD_LINE'
  | 'FILE_UNREADABLE'
  | 'FILE_UNKNOWN_FORMAT'
  | 'FILE_DAMAGED'
  | 'WIRE_BAD_FRAME'
  | 'WIRE_BAD_MESSAGE'
  | 'WIRE_VERSION'
  | 'WIRE_TOO_LARGE'
  | 'WIRE_LOG_BAD'
  | 'WIRE_LOG_TRUNCATED'
  | 'WIRE_LOG_CHECKSUM'
  | 'RPKI_BAD_JSON'
  | 'RPKI_TOO_LARGE'
  | 'RPKI_BAD_DATA'
  | 'RPKI_VERSION'
  | 'RPKI_BAD_DELTA'
  | 'EVENT_BAD'
  | 'FILTER_BAD'
  | 'WATCH_BAD'
  | 'REPLAY_NONE'
  | 'REPLAY_EMPTY'
  | 'REPLAY_UNREACHABLE'
  | 'REPLAY_TOO_LARGE'
  | 'REPLAY_TOO_MUCH'
  | 'REPLAY_REPLACED'
  | 'MODEL_DATA_BAD'
  | 'MODEL_BAD'
  | 'MODEL_HASH'
  | 'MODEL_VERSION'
  | 'HISTORY_FAILED'
  | 'HISTORY_FULL'
  | 'HISTORY_VERSION'
  | 'HISTORY_FILE_BAD'
  | 'HISTORY_RELAY'
  | 'SQL_REFUSED'
  | 'SQL_BAD'
  | 'SQL_TOO_LARGE'
  | 'SQL_TIMEOUT'
  | 'SQL_CANCELLED';

/** An expected failure: bad bytes or a bad message, never a bug of ours. */
export class BgpError extends Error {
  override readonly name = 'BgpError';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
  }
}
