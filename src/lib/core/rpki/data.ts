import type { AspaDelta, AspaSet } from './aspa-set.ts';
import { applyAspaDelta, diffAspas, NO_ASPAS } from './aspa-set.ts';
import type { RpkiVersion } from './vrp.ts';
import { NO_VERSION } from './vrp.ts';
import type { VrpDelta, VrpSet } from './vrp-set.ts';
import { applyVrpDelta, diffVrps, NO_VRPS, vrpDigest } from './vrp-set.ts';

/** All that is judged with, swapped whole. Plain data: it can be posted to another thread. */
export interface RpkiData {
  readonly version: RpkiVersion;
  readonly vrps: VrpSet;
  readonly aspas: AspaSet;
}

/** How one version becomes the next. */
export interface RpkiDelta {
  readonly vrps: VrpDelta;
  readonly aspas: AspaDelta;
}

/** Leads from any data to the same data. */
export const NO_DELTA: RpkiDelta = {
  vrps: { announced: NO_VRPS, withdrawn: NO_VRPS },
  aspas: { announced: [], withdrawn: [] },
};

export const NO_RPKI: RpkiData = { version: NO_VERSION, vrps: NO_VRPS, aspas: NO_ASPAS };

/** Equal for equal VRPs and ASPAs, whatever their version. */
export function rpkiDigest(data: Pick<RpkiData, 'vrps' | 'aspas'>): number {
  return (vrpDigest(data.vrps) + data.aspas.digest) >>> 0;
}

export interface RpkiChange {
  readonly data: RpkiData;
  /** VRPs that did not fit: announced ones already there, withdrawn ones that were not. */
  readonly misfits: number;
}

export function applyRpkiDelta(data: RpkiData, delta: RpkiDelta, version: RpkiVersion): RpkiChange {
  const { set, duplicates, missing } = applyVrpDelta(data.vrps, delta.vrps);
  const aspas = applyAspaDelta(data.aspas, delta.aspas);
  return { data: { version, vrps: set, aspas }, misfits: duplicates + missing };
}

export function diffRpki(before: RpkiData, after: RpkiData): RpkiDelta {
  return { vrps: diffVrps(before.vrps, after.vrps), aspas: diffAspas(before.aspas, after.aspas) };
}

export function isEmptyDelta({ vrps, aspas }: RpkiDelta): boolean {
  const { announced, withdrawn } = vrps;
  const rows = announced.v4.length + announced.v6.length + withdrawn.v4.length + withdrawn.v6.length;
  return rows + aspas.announced.length + aspas.withdrawn.length === 0;
}
