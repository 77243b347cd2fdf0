import type { EventSummary } from '#core/event/event.ts';
import type { SignalType } from '../../../workers/api.ts';
import { TYPE_NAMES } from '../incident/words.ts';

const OTHER_TYPES: Readonly<Record<string, string>> = { outage: 'outage', 'rpki-change': 'RPKI change' };

/** The type of an event as the incidents are called. */
export function eventTypeName(type: EventSummary['type']): string {
  return OTHER_TYPES[type] ?? TYPE_NAMES[type as SignalType] ?? type;
}

const CONFIDENCE: Readonly<Record<EventSummary['confidence'], string>> = {
  A: 'read at first hand or measured',
  B: 'quoted by others',
  C: 'from memory',
};

/** How well an event is known. */
export function confidenceWords(confidence: EventSummary['confidence']): string {
  return CONFIDENCE[confidence];
}
