import { BgpError } from '../error.ts';

/** One packet of a capture. `bytes` is good until the next push. */
export interface Packet {
  readonly bytes: Uint8Array;
  /** Data link type (https://www.tcpdump.org/linktypes.html). */
  readonly link: number;
}

/** Longest packet taken for real; captures cut at 262,144 octets. */
const MAX_PACKET_BYTES = 1024 * 1024;
const HEADER_BYTES = 24;
const RECORD_BYTES = 16;
const MAGIC = { microseconds: 0xa1b2_c3d4, nanoseconds: 0xa1b2_3c4d } as const;

/** Whether a classic capture file (draft-ietf-opsawg-pcap §4) starts here. */
export function looksLikePcap(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && byteOrder(bytes) !== null;
}

function byteOrder(bytes: Uint8Array): 'little' | 'big' | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isMagic = (value: number): boolean => value === MAGIC.microseconds || value === MAGIC.nanoseconds;
  if (isMagic(view.getUint32(0, true))) return 'little';
  return isMagic(view.getUint32(0)) ? 'big' : null;
}

/** Reads a classic capture file pushed in chunks. Packet times are not read: BMP messages have their own. */
export class PcapReader {
  readonly #onPacket: (packet: Packet) => void;
  #carry: Uint8Array = new Uint8Array(0);
  #isLittle: boolean | null = null;
  #link = 0;
  #offset = 0;
  packets = 0;

  constructor(onPacket: (packet: Packet) => void) {
    this.#onPacket = onPacket;
  }

  /** @throws {BgpError} PCAP_BAD: no capture file, or a packet longer than any */
  push(chunk: Uint8Array): void {
    const bytes = new Uint8Array(this.#carry.length + chunk.length);
    bytes.set(this.#carry);
    bytes.set(chunk, this.#carry.length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    if (this.#isLittle === null) {
      if (bytes.length < HEADER_BYTES) {
        this.#carry = bytes;
        return;
      }
      at = this.#header(bytes, view);
    }
    const isLittle = this.#isLittle!;
    while (bytes.length - at >= RECORD_BYTES) {
      // 0: seconds u32   4: fraction u32   8: captured length u32   12: original length u32
      const length = view.getUint32(at + 8, isLittle);
      if (length > MAX_PACKET_BYTES)
        throw new BgpError('PCAP_BAD', `packet of ${length} bytes at offset ${this.#offset + at}`);
      const next = at + RECORD_BYTES + length;
      if (next > bytes.length) break;
      this.packets++;
      this.#onPacket({ bytes: bytes.subarray(at + RECORD_BYTES, next), link: this.#link });
      at = next;
    }
    this.#offset += at;
    this.#carry = bytes.slice(at);
  }

  /** @throws {BgpError} PCAP_TRUNCATED */
  end(): void {
    const { length } = this.#carry;
    if (length > 0)
      throw new BgpError('PCAP_TRUNCATED', `${length} bytes of a packet at offset ${this.#offset}`);
  }

  #header(bytes: Uint8Array, view: DataView): number {
    const order = byteOrder(bytes);
    if (order === null) throw new BgpError('PCAP_BAD', 'no capture file');
    this.#isLittle = order === 'little';
    // 0: magic   4: version   8: reserved   16: snapshot length   20: link type in the lower 28 bits
    this.#link = view.getUint32(20, this.#isLittle) & 0x0fff_ffff;
    return HEADER_BYTES;
  }
}
