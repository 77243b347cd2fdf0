import { describe, expect, test } from 'vitest';
import { LOG_MAGIC } from '../wire/log.ts';
import { elemFormatOf, HEAD_BYTES } from './elem-format.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const RIS = '{"type":"ris_message","data":{"host":"rrc00"}}\n';

describe('the format of a file, by its first bytes', () => {
  test.each([
    ['a frame log', Uint8Array.from(LOG_MAGIC), 'frame-log'],
    ['MRT BGP4MP', Uint8Array.of(0x47, 0xc1, 0, 0, 0, 16, 0, 4, 0, 0, 0, 60), 'mrt'],
    ['MRT cut after its type', Uint8Array.of(0x47, 0xc1, 0, 0, 0, 13, 0, 1), 'mrt'],
    ['RIS Live', text(RIS), 'ris-live'],
    ['RIS Live after blanks', text(`\n  ${RIS}`), 'ris-live'],
    ['RIS Live of 2018', text('{"timestamp":1.5,"host":"rrc00","prefix":"10.0.0.0/8"}\n'), 'ris-live'],
    ['elem JSONL, the head inside a long first line', text(`{"x":"${'y'.repeat(HEAD_BYTES)}`), 'jsonl'],
    ['RIS Live, cut, but it says so', text('{"type":"ris_message","data":{"ho'), 'ris-live'],
    ['elem JSONL', text('{"type":"A","ts":1,"prefix":"10.0.0.0/8"}\n'), 'jsonl'],
    ['elem JSONL with a name that is not ASCII, cut inside it', text('{"name":"Ü').subarray(0, 10), 'jsonl'],
  ])('%s', (_name, head, format) => {
    expect(elemFormatOf(head)).toBe(format);
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['a text', text('hello world, this is no file of updates')],
    ['an unknown MRT type', Uint8Array.of(0, 0, 0, 0, 0, 99, 0, 4, 0, 0, 0, 0)],
    ['an MRT subtype of no kind', Uint8Array.of(0, 0, 0, 0, 0, 16, 9, 4, 0, 0, 0, 0)],
  ])('%s is refused', (_name, head) => {
    expect(() => elemFormatOf(head)).toThrow('FILE_UNKNOWN_FORMAT');
  });
});
