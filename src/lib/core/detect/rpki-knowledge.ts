import { parsePrefix } from '../prefix/prefix.ts';
import type { AspaSet } from '../rpki/aspa-set.ts';
import { ASPA, verifyDownstream } from '../rpki/aspa.ts';
import { explainOrigin, ROV, validateOrigin } from '../rpki/rov.ts';
import type { VrpSet } from '../rpki/vrp-set.ts';
import type { ConsultedVrp, Knowledge } from './knowledge.ts';

/** Most VRPs kept as evidence of one verdict. */
const MAX_EVIDENCE = 8;
/** Answers kept; when full all are let go, which costs nothing but asking again. */
const MAX_ANSWERS = 10_000;

/** RPKI data as the detectors ask it. `serial` names the data in the evidence; null when the source has none. */
export function rovKnowledge(
  vrps: VrpSet,
  serial: string | null,
): Pick<Knowledge, 'rov' | 'isRovInvalid' | 'vrpSerial'> {
  const answers = new Map<string, RovAnswer>();
  return {
    vrpSerial: serial,
    isRovInvalid: (isV6, bits, words, at, origin) => {
      const code = validateOrigin(vrps, isV6, bits, words, at, origin);
      return code === ROV.invalidAs || code === ROV.invalidLength;
    },
    rov: (prefix, origin) => {
      // An incident is scored again and again, always about the same few pairs.
      const key = `${prefix} ${origin}`;
      const known = answers.get(key);
      if (known) return known;
      if (answers.size >= MAX_ANSWERS) answers.clear();
      const answer = ask(vrps, prefix, origin);
      answers.set(key, answer);
      return answer;
    },
  };
}

type RovAnswer = ReturnType<NonNullable<Knowledge['rov']>>;

function ask(vrps: VrpSet, prefix: string, origin: number): RovAnswer {
  const evidence = explainOrigin(vrps, parsePrefix(prefix), origin);
  const all = [...evidence.matched, ...evidence.unmatchedAs, ...evidence.unmatchedLength];
  const consulted: ConsultedVrp[] = all
    .slice(0, MAX_EVIDENCE)
    .map(({ prefix: covering, maxLength, asn }) => ({
      prefix: covering,
      maxLength,
      asn,
    }));
  const state = evidence.state ?? 'unknown';
  const { reason } = evidence;
  return reason === 'as' || reason === 'length'
    ? { state, reason, vrps: consulted }
    : { state, vrps: consulted };
}

/** ASPA verification as the detectors ask it: paths of collector peers, by the downstream procedure. */
export function aspaKnowledge(aspas: AspaSet): Pick<Knowledge, 'aspa'> {
  return {
    aspa: (hops, hasSet) => {
      if (hasSet) return 'invalid';
      const code = verifyDownstream(aspas, hops);
      return code === ASPA.invalid ? 'invalid' : code === ASPA.valid ? 'valid' : 'unknown';
    },
  };
}
