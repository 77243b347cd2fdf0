import type { BatchBuilder } from '../elem/builder.ts';
import type { UpdateContext } from './update-context.ts';

/** An IPv4 prefix that ends too close to the end of the bytes to be read as one word. */
function tailWord(view: DataView, at: number, bits: number): number {
  let word = 0;
  for (let i = 0; i < (bits + 7) >> 3; i++) word |= view.getUint8(at + i) << (24 - 8 * i);
  return word;
}

/**
 * Push the `count` IPv4 unicast prefixes of `bytes[at .. end)`, which `view` shows too, as counted by `countIpv4`: most of all elems. So the columns
 * are written here, their bounds settled once a run.
 * @param attrs index of the attribute set, `NONE` for withdrawals
 * @param firstFlag goes on top of the first one's flags
 */
export function pushIpv4(
  builder: BatchBuilder,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  count: number,
  kind: number,
  attrs: number,
  firstFlag: number,
  context: Readonly<UpdateContext>,
): void {
  const { columns, prefixes } = builder;
  columns.reserve(count);
  const { timeUs: times, kind: kinds, flags: flagBits, vantage: vantages } = columns;
  const { prefix: prefixColumn, attrs: attrsColumn } = columns;
  const { timeUs, vantage, flags } = context;
  const lastWhole = bytes.length - 5;
  const start = columns.length;
  let to = start;
  while (at < end) {
    const bits = bytes[at]!;
    const word = at <= lastWhole ? view.getInt32(at + 1) : tailWord(view, at + 1, bits);
    prefixColumn[to] = prefixes.internV4(bits, bits === 0 ? 0 : word & (-1 << (32 - bits)));
    times[to] = timeUs;
    kinds[to] = kind;
    flagBits[to] = flags;
    vantages[to] = vantage;
    attrsColumn[to] = attrs;
    to++;
    at += 1 + ((bits + 7) >> 3);
  }
  flagBits[start] = flags | firstFlag;
  columns.length = to;
}
