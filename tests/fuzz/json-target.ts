import { readdirSync } from 'node:fs';
import { BatchBuilder } from '../../src/lib/core/elem/builder.ts';
import { formatBgpdump } from '../../src/lib/core/elem/bgpdump.ts';
import { formatJsonl, JsonlDecoder } from '../../src/lib/core/elem/jsonl.ts';
import { elemRows } from '../../src/lib/core/elem/row.ts';
import { BgpError } from '../../src/lib/core/error.ts';
import { RisLiveDecoder } from '../../src/lib/core/rislive/decoder.ts';
import { RisMessageEncoder } from '../../src/lib/core/rislive/message.ts';
import { DATA, HAS_DATA, readData } from '../data.ts';
import { checkBatch } from './batch-invariants.ts';
import type { FuzzTarget, Random } from './harness.ts';

/** Values that outside JSON has been seen to hold, or might. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  -0,
  1e308,
  4294967295,
  4294967296,
  '',
  '0',
  '__proto__',
  'toString',
  '4294967296',
  '0.0.0.0/0',
  '::/0',
  '::ffff:0:0/96',
  '2001:db8::1,fe80::1',
  'fe80::1',
  '1:2:3',
  '\u0000',
  '\ud800',
  'FF'.repeat(30),
  [],
  [[]],
  [[[]]],
  {},
  { toString: 1 },
  Array.from({ length: 300 }, (_, i) => i),
];

/** Replace, remove or double one value somewhere in a JSON tree. */
function mutateTree(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.below(12) === 0) return random.pick(ODD_VALUES);
  if (Array.isArray(value)) {
    const items = [...(value as unknown[])];
    const at = random.below(items.length);
    const kind = random.below(4);
    if (kind === 0) items.splice(at, 1);
    else if (kind === 1) items.splice(at, 0, random.pick(ODD_VALUES));
    else if (kind === 2) items.push(...items.slice(0, 1000));
    else items[at] = mutateTree(items[at], random);
    return items;
  }
  const members = { ...(value as Record<string, unknown>) };
  const names = Object.keys(members);
  const name = random.pick(names) ?? 'type';
  if (random.below(5) === 0) Reflect.deleteProperty(members, name);
  else members[name] = mutateTree(members[name], random);
  return members;
}

/**
 * The mutated bytes as they are, one time in four; otherwise a good seed with its JSON tree changed, because changed bytes
 * seldom get past the JSON parser.
 */
function textOf(input: Uint8Array, seeds: readonly Uint8Array[], random: Random): string {
  if (random.below(4) === 0) return new TextDecoder().decode(input);
  const seed = new TextDecoder().decode(random.pick(seeds));
  let value: unknown;
  try {
    value = JSON.parse(seed);
  } catch {
    return seed;
  }
  for (let steps = 1 + random.below(3); steps > 0; steps--) value = mutateTree(value, random);
  return JSON.stringify(value) ?? 'null';
}

const MAX_HEAP_BYTES = 600_000_000;

abstract class JsonTarget implements FuzzTarget {
  abstract readonly name: string;
  abstract readonly seeds: readonly Uint8Array[];
  protected readonly builder = new BatchBuilder(200);
  readonly #byCode = new Map<string, number>();

  protected abstract decode(text: string): void;
  protected abstract checkRows(): void;

  run(input: Uint8Array, random: Random): void {
    const before = this.builder.length;
    const text = textOf(input, this.seeds, random);
    let code = 'good';
    try {
      this.decode(text);
    } catch (error) {
      // The input kept by the harness is not always what was decoded: this is.
      if (!(error instanceof BgpError)) throw new Error(`thrown at ${text}`, { cause: error });
      code = error.code;
      if (this.builder.length !== before)
        throw new Error('elems pushed by a refused input', { cause: error });
    }
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
    if (this.builder.isFull) this.checkRows();
  }

  checkGrowth(): void {
    const { heapUsed } = process.memoryUsage();
    if (heapUsed > MAX_HEAP_BYTES) throw new Error(`heap of ${heapUsed} bytes`);
  }

  summary(): string {
    return [...this.#byCode].map(([code, count]) => `${code} ${count}`).join(', ');
  }
}

/** Not a Buffer: its `slice` would share memory with the seed. */
function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function linesOf(path: string): Uint8Array[] {
  const lines = new TextDecoder().decode(readData(path)).split('\n');
  return lines.filter((line) => line.length > 1).map(bytesOf);
}

const UPDATE =
  '{"type":"ris_message","data":{"timestamp":1.5,"peer":"192.0.2.1","peer_asn":"1","id":"x","host":"rrc01.ripe.net",' +
  '"type":"UPDATE","path":[1,[2,3]],"community":[[1,2]],"origin":"IGP","med":1,"aggregator":"1:10.0.0.1",' +
  '"announcements":[{"next_hop":"192.0.2.1","prefixes":["10.0.0.0/8"]}],"withdrawals":["2001:db8:0:0:0:0:0:0/32"]}}';

/** RIS Live frames; what is decoded goes out again as RIS Live and must read back as the same. */
export class RisLiveTarget extends JsonTarget {
  readonly name = 'rislive';
  readonly seeds = HAS_DATA
    ? readdirSync(`${DATA}/rislive`)
        .filter((name) => !name.startsWith('bgpkit'))
        .flatMap((name) => linesOf(`rislive/${name}`))
    : [bytesOf(UPDATE)];
  readonly #decoder = new RisLiveDecoder(this.builder);
  readonly #encoder = new RisMessageEncoder();
  readonly #rereadBuilder = new BatchBuilder();
  readonly #reread = new RisLiveDecoder(this.#rereadBuilder);

  protected decode(text: string): void {
    this.#decoder.decode(text);
  }

  protected checkRows(): void {
    const batch = this.builder.take();
    checkBatch(batch);
    elemRows(batch).forEach(formatBgpdump);
    let sent = 0;
    for (let from = 0, to = 1; from < batch.length; from = to++) {
      while (to < batch.length && (batch.flags[to]! & 1) === 0) to++;
      for (const message of this.#encoder.encode(batch, from, to))
        this.#reread.decode(JSON.stringify(message));
      sent += to - from;
      const read = this.#rereadBuilder.length;
      // Withdrawals may repeat in a message, announcements may not: nothing else may be lost or added.
      if (read !== sent) throw new Error(`${sent} elems sent, ${read} read back`);
    }
    checkBatch(this.#rereadBuilder.take());
  }
}

/** Elem JSONL lines; what is decoded is written again and must read back as the same. */
export class JsonlTarget extends JsonTarget {
  readonly name = 'jsonl';
  readonly seeds = HAS_DATA
    ? [
        ...linesOf('hijacks/events/pakistan_1.jsonl.gz').slice(0, 200),
        ...linesOf('telegram-rcom-20260616/telegram-rcom-20260616.merged.jsonl.gz').slice(0, 200),
      ]
    : [
        bytesOf(
          '{"ts":1,"type":"A","collector":"c","peer":"192.0.2.1","prefix":"10.0.0.0/8","path":"1 {2,3}"}',
        ),
      ];
  readonly #decoder = new JsonlDecoder(this.builder);

  protected decode(text: string): void {
    this.#decoder.decode(text);
  }

  protected checkRows(): void {
    const batch = this.builder.take();
    checkBatch(batch);
    const lines = elemRows(batch).map(formatJsonl);
    const builder = new BatchBuilder();
    const decoder = new JsonlDecoder(builder);
    for (const line of lines) decoder.decode(line);
    const again = elemRows(builder.take()).map(formatJsonl);
    again.forEach((line, i) => {
      if (line !== lines[i]) throw new Error(`written ${lines[i]!}\nread back ${line}`);
    });
  }
}
