import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG, KIND } from '#core/elem/batch.ts';
import { BgpdumpLines } from '#core/elem/bgpdump.ts';
import { formatJsonl } from '#core/elem/jsonl.ts';
import { elemRows } from '#core/elem/row.ts';
import { encodeBgp4mp, encodeRibDump } from '#core/mrt/encode.ts';
import { FrameLogEncoder } from '#core/wire/log.ts';
import { selectElems } from '../detect/session.ts';
import { recordingFrame } from '../event/frames.ts';
import type { OutputFile } from './output-file.ts';

/** Where exported elems go, in order of time. */
export interface ElemSink {
  write(batch: ElemBatch): Promise<void>;
  /** Make it whole. */
  end(): Promise<void>;
  /** Leave nothing of it. */
  drop(): Promise<void>;
}

/** How table entries go into MRT: as TABLE_DUMP_V2, as BGP4MP announcements, or not at all. */
export type TableForm = 'dump' | 'announce' | 'omit';

/** What is written before the first elem, for each batch, and at the end. */
interface Encoding {
  start(): Uint8Array | string;
  batch(batch: ElemBatch): Uint8Array | string;
  end(): Uint8Array | string;
}

/** An export into one file by one encoding. */
export function fileSink(output: OutputFile, encoding: Encoding): ElemSink {
  let isStarted = false;
  const start = async (): Promise<void> => {
    if (isStarted) return;
    isStarted = true;
    await output.write(encoding.start());
  };
  return {
    async write(batch) {
      await start();
      await output.write(encoding.batch(batch));
    },
    async end() {
      await start();
      await output.write(encoding.end());
      await output.end();
    },
    drop: () => output.drop(),
  };
}

/** MRT: BGP4MP(_ET) messages and state changes with four-octet ASNs; table entries as `tables` says. */
export function mrtEncoding(tables: TableForm): Encoding {
  return {
    start: () => '',
    batch(batch) {
      if (!batch.kind.includes(KIND.rib) || tables === 'omit') return encodeBgp4mp(batch);
      if (tables === 'announce') return encodeBgp4mp(announced(batch));
      return Buffer.concat(
        runsByTable(batch).map((run) => (isTable(run) ? encodeRibDump(run) : encodeBgp4mp(run))),
      );
    },
    end: () => '',
  };
}

const isTable = (batch: ElemBatch): boolean => batch.kind[0] === KIND.rib;

/** The batch in its order, cut where table entries begin and end. */
function runsByTable(batch: ElemBatch): ElemBatch[] {
  const runs: ElemBatch[] = [];
  for (let from = 0; from < batch.length;) {
    const isRib = batch.kind[from] === KIND.rib;
    let to = from + 1;
    while (to < batch.length && (batch.kind[to] === KIND.rib) === isRib) to++;
    runs.push(selectElems(batch, (i) => i >= from && i < to)!);
    from = to;
  }
  return runs;
}

/** Table entries as announcements, each a message of its own. */
function announced(batch: ElemBatch): ElemBatch {
  const isRib = (i: number): boolean => batch.kind[i] === KIND.rib;
  return {
    ...batch,
    kind: batch.kind.map((kind) => (kind === KIND.rib ? KIND.announce : kind)),
    flags: batch.flags.map((flags, i) => (isRib(i) ? flags | ELEM_FLAG.first : flags)),
  };
}

/** Elem JSONL. */
export function jsonlEncoding(): Encoding {
  return {
    start: () => '',
    batch: (batch) =>
      elemRows(batch)
        .map((row) => `${formatJsonl(row)}\n`)
        .join(''),
    end: () => '',
  };
}

/** Lines as `bgpdump -m` prints them. */
export function bgpdumpEncoding(): Encoding {
  const lines = new BgpdumpLines();
  return {
    start: () => '',
    batch(batch) {
      let text = '';
      for (let i = 0; i < batch.length; i++) text += `${lines.line(batch, i)}\n`;
      return text;
    },
    end: () => '',
  };
}

/** A frame log (docs/wire.md §8), one frame a batch. */
export function frameLogEncoding(manifest: Readonly<Record<string, unknown>>): Encoding {
  const encoder = new FrameLogEncoder();
  let seq = 0;
  return {
    start: () => encoder.start(manifest),
    batch(batch) {
      let messages = 0;
      for (let i = 0; i < batch.length; i++) messages += batch.flags[i]! & ELEM_FLAG.first;
      return encoder.frame(recordingFrame(batch, ++seq, messages));
    },
    end: () => encoder.end(),
  };
}
