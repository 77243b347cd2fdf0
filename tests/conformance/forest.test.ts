import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { averagePathLength, isolationScore } from '../../src/lib/ml/isolation.ts';
import { CONTEXT_WIDTH } from '../../models/dataset/contexts.ts';
import { loadFolder } from '../../models/dataset/folder.ts';
import { prepareStream } from '../../models/dataset/prepared.ts';
import { growForest } from '../../models/train/isolation.ts';
import { seededRandom } from '../../models/train/random.ts';
import { labelledRows, regularRows } from '../../models/train/rows.ts';
import { DATA, HAS_DATA } from '../data.ts';

/** The system's own Python has scikit-learn (Debian's python3-sklearn); another one first on PATH has not. */
const PYTHON = '/usr/bin/python3';
const hasSklearn = spawnSync(PYTHON, ['-c', 'import sklearn']).status === 0;

/** Trees of both forests: enough that two seeds of the same forest agree better than is asked for here. */
const TREES = 300;

const SCRIPT = `
import sys, numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length
folder, width, trees = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
train = np.fromfile(folder + '/train.f32', '<f4').reshape(-1, width)
rows = np.fromfile(folder + '/rows.f32', '<f4').reshape(-1, width)
forest = IsolationForest(n_estimators=trees, max_samples=256, random_state=1).fit(train)
(-forest.score_samples(rows)).astype('<f8').tofile(folder + '/scores.f64')
_average_path_length(np.arange(257)).astype('<f8').tofile(folder + '/c.f64')
`;

describe.skipIf(!HAS_DATA || !hasSklearn)(
  'isolation forest against scikit-learn (needs python3-sklearn and ROUTESCOPE_DATA)',
  () => {
    let folder = '';
    let ours: Float64Array = new Float64Array(0);
    let theirs: Float64Array = new Float64Array(0);
    let labels: Uint8Array = new Uint8Array(0);

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'routescope-forest-'));
      const { streams } = loadFolder(join(DATA, 'ml/ufam'));
      const prepared = streams.map((stream) => prepareStream(stream));
      const training = regularRows(prepared.filter(({ source }) => source.event !== 'slammer'));
      const slammer = labelledRows(prepared.filter(({ source }) => source.event === 'slammer'));
      const forest = growForest(training, seededRandom(1), { trees: TREES, rows: 256 });
      ours = Float64Array.from({ length: slammer.count }, (_, i) =>
        isolationScore(forest, slammer.values, i * CONTEXT_WIDTH),
      );
      labels = slammer.labels;
      const bytes = (values: Float32Array): Uint8Array =>
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      writeFileSync(join(folder, 'train.f32'), bytes(training.values));
      writeFileSync(join(folder, 'rows.f32'), bytes(slammer.values));
      const run = spawnSync(PYTHON, ['-c', SCRIPT, folder, String(CONTEXT_WIDTH), String(TREES)], {
        env: { ...process.env, OMP_NUM_THREADS: '1' },
      });
      if (run.status !== 0) throw new Error(run.stderr.toString());
      theirs = numbers('scores.f64');
    }, 300_000);

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const numbers = (name: string): Float64Array =>
      new Float64Array(Uint8Array.from(readFileSync(join(folder, name))).buffer);

    test('c(n) is the same for every n up to 256', () => {
      const c = numbers('c.f64');
      // scikit-learn has c(0) = c(1) = 0 and c(2) = 1 too.
      for (let n = 0; n <= 256; n++) expect(averagePathLength(n)).toBeCloseTo(c[n]!, 12);
    });

    test('ranks of all minutes of an unseen event correlate by 0.95 or more', () => {
      const correlation = rankCorrelation(ours, theirs);
      process.stderr.write(
        `forest against scikit-learn: rank correlation ${correlation.toFixed(4)} on ${ours.length} minutes\n`,
      );
      expect(correlation).toBeGreaterThanOrEqual(0.95);
    });

    test('scores are on the same scale', () => {
      const meanOf = (values: Float64Array): number =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(meanOf(ours) - meanOf(theirs))).toBeLessThan(0.05);
      const inside = (values: Float64Array): Float64Array => values.filter((_, i) => labels[i] === 1);
      expect(Math.abs(meanOf(inside(ours)) - meanOf(inside(theirs)))).toBeLessThan(0.05);
    });
  },
);

/** Spearman's rank correlation; ties have their mean rank. */
function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

function ranks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let i = 0; i < order.length;) {
    let end = i;
    while (end < order.length && values[order[end]!] === values[order[i]!]) end++;
    for (let k = i; k < end; k++) result[order[k]!] = (i + end - 1) / 2;
    i = end;
  }
  return result;
}
