import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeForest } from '../../src/lib/ml/isolation-file.ts';
import type { Models } from '../../src/lib/ml/model-files.ts';
import type { ArchiveFit } from './archive.ts';
import { FILES, describeFile, jsonBytes } from './package.ts';

/** The files of a models folder after a fit: another forest and manifest, everything else copied. The manifest is last. */
export function repackModels(
  folder: string,
  { manifest }: Models,
  fit: ArchiveFit,
  version: string,
): Map<string, Uint8Array> {
  const forest = encodeForest(fit.forest);
  const kept = [manifest.lstm?.file.name, FILES.reference, FILES.thresholds].filter(
    (name) => name !== undefined,
  );
  return new Map([
    [FILES.forest, forest],
    ...kept.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))] as const),
    [
      FILES.manifest,
      // The figures on unseen events are those of another forest now.
      jsonBytes({
        ...manifest,
        version,
        forestFile: describeFile(FILES.forest, forest),
        operating: fit.operating,
        evaluation: null,
      }),
    ],
  ]);
}
