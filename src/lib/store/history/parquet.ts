import wasmUrl from 'parquet-wasm/esm/parquet_wasm_bg.wasm?url';
import type * as ParquetWasm from 'parquet-wasm/esm/parquet_wasm.js';
import { BgpError } from '#core/error.ts';

let loading: Promise<typeof ParquetWasm> | null = null;

/** The codec, loaded when first needed (1.6 MB compressed). */
function codec(): Promise<typeof ParquetWasm> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load(): Promise<typeof ParquetWasm> {
  const parquet = await import('parquet-wasm/esm/parquet_wasm.js');
  await parquet.default({ module_or_path: new URL(wasmUrl, self.location.href) });
  return parquet;
}

/** A Parquet file as an Arrow IPC stream. @throws {BgpError} HISTORY_FILE_BAD */
export async function parquetToArrow(bytes: Uint8Array): Promise<Uint8Array> {
  const { readParquet } = await codec();
  try {
    return readParquet(bytes).intoIPCStream();
  } catch (cause) {
    // After a panic the codec's memory cannot be trusted.
    loading = null;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BgpError('HISTORY_FILE_BAD', `not a Parquet file that can be read: ${reason.slice(0, 200)}`, {
      cause,
    });
  }
}

/** An Arrow IPC stream as a Parquet file, compressed with zstd. */
export async function arrowToParquet(ipc: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { Table, writeParquet, WriterPropertiesBuilder, Compression } = await codec();
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setCreatedBy('routescope')
    .build();
  return writeParquet(Table.fromIPCStream(ipc), properties) as Uint8Array<ArrayBuffer>;
}
