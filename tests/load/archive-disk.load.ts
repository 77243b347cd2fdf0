/**
 * A relay whose archive is on a small file system of its own (tmpfs; needs root) that fills up, is given room, has its folders made read-only
 * and writable again. A client counts what it gets all the while: no frame may be missing. The archive must say what is wrong, go on by
 * itself, and be whole in the end but for the gap it tells of.
 *
 *   sudo npx tsx tests/load/archive-disk.load.ts
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { decodeFrame } from '#core/wire/frame.ts';
import type { RelayStatus } from '../../relay/api/status.ts';
import { archiveCommand, RECORDING } from '../fixtures/archive-crash.ts';

const SIZE = '12m';
const BIN = fileURLToPath(new URL('../../bin/routescope.mjs', import.meta.url));
const mount = mkdtempSync(join(tmpdir(), 'routescope-disk-'));

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

run('mount', '-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', mount);
const relay = spawn(
  process.execPath,
  [
    BIN,
    'serve',
    ...['--port', '0', '--source', RECORDING, '--speed', '250', '--archive', 'all', '--data', mount],
    ...['--archive-close', '5', '--archive-memory-mb', '256'],
  ],
  { stdio: ['ignore', 'pipe', 'pipe'] },
);
let log = '';
relay.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
const url = await new Promise<string>((resolve) => {
  relay.stdout.on('data', (chunk: Buffer) => {
    const found = /http:\/\/[\d.:]+/.exec(chunk.toString());
    if (found) resolve(found[0]);
  });
});

const got = { frames: 0, last: 0, missing: 0, told: 0 };
const client = new WebSocket(`${url.replace('http', 'ws')}/stream`);
client.on('message', (data: Buffer, isBinary) => {
  if (!isBinary) {
    if (data.toString().includes('"gap"')) got.told++;
    return;
  }
  const { seq } = decodeFrame(data).header;
  if (got.last > 0) got.missing += seq - got.last - 1;
  got.last = seq;
  got.frames++;
});

const status = async (): Promise<RelayStatus['archive']> =>
  ((await (await fetch(`${url}/api/status`)).json()) as RelayStatus).archive;

/** Wait until the archive is as asked, at most two minutes. */
async function until(what: string, isSo: (archive: RelayStatus['archive']) => boolean): Promise<void> {
  const began = performance.now();
  const framesBefore = got.frames;
  let archive = await status();
  while (!isSo(archive)) {
    if (performance.now() - began > 120_000) throw new Error(`not ${what}: ${JSON.stringify(archive)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    archive = await status();
  }
  const { state, ackedSeq, archivedSeq, waitingElems, lostElems, error } = archive;
  console.log(
    `${what} after ${((performance.now() - began) / 1000).toFixed(1)} s: ${state}${error ? ` (${error.code})` : ''}, acknowledged ${ackedSeq}, ` +
      `in files ${archivedSeq}, waiting ${waitingElems}, lost ${lostElems}; the client got ${got.frames - framesBefore} frames meanwhile`,
  );
}

let exitCode = 0;
try {
  await until('running', ({ state, archivedSeq }) => state === 'running' && archivedSeq > 0);
  writeFileSync(join(mount, 'filler'), Buffer.alloc(1));
  spawnSync('dd', ['if=/dev/zero', `of=${join(mount, 'filler')}`, 'bs=64k'], { stdio: 'ignore' });
  await until('full', ({ error }) => error?.code === 'ARCHIVE_NO_SPACE');
  await new Promise((resolve) => setTimeout(resolve, 5000));
  rmSync(join(mount, 'filler'));
  const { ackedSeq } = await status();
  await until('going on', ({ state, archivedSeq }) => state === 'running' && archivedSeq > ackedSeq);
  // A file system with an open file cannot be mounted read-only; folders that cannot be written can be had all the same.
  run('chattr', '-R', '+i', mount);
  await until('read-only', ({ error }) => error?.code === 'ARCHIVE_READ_ONLY');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  run('chattr', '-R', '-i', mount);
  const { ackedSeq: before } = await status();
  await until('going on', ({ state, archivedSeq }) => state === 'running' && archivedSeq > before);
} catch (error) {
  console.log(String(error));
  exitCode = 1;
}
const ended = new Promise((resolve) => relay.once('exit', resolve));
relay.kill('SIGTERM');
await ended;
const { code, report } = archiveCommand('verify', mount);
console.log(
  `verify: exit ${code}, ${report.rows} in files, ${report.spooledElems} spooled, ${report.lostElems} lost and told`,
);
console.log(`client: ${got.frames} frames, ${got.missing} missing, ${got.told} gaps told`);
const events = log.split('\n').filter((line) => line.includes('"archive.'));
console.log(events.filter((line) => !line.includes('"info"') || line.includes('recovered')).join('\n'));
run('umount', mount);
rmSync(mount, { recursive: true });
process.exitCode = exitCode === 0 && code === 0 && got.missing === 0 ? 0 : 1;
