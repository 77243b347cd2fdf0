import type { Judgement } from './judge.ts';
import type { Evaluation } from './run.ts';
import { controlTable, eventTable, macroTable } from './table.ts';
import type { Result } from './protocol.ts';

/** An evaluation as Markdown. */
export function evaluationText(evaluation: Evaluation): string {
  const { budget, maxF1, control, notes, split, budgetPerDay } = evaluation;
  const parts = [`Split: ${split}. ${notes.join('; ')}.`];
  if ((budget[0]?.events.size ?? 0) > 0) {
    parts.push(
      `Macro over ${budget[0]!.events.size} events, thresholds of at most ${budgetPerDay} false alarms per day and stream (as shipped)`,
      macroTable(budget),
      'Macro, thresholds of best F1',
      macroTable(maxF1),
      'Per event, thresholds as shipped',
      eventTable(budget),
    );
  }
  if (control.length > 0)
    parts.push('False alarms per day without an event, thresholds as shipped', controlTable(control));
  return `${parts.join('\n\n')}\n`;
}

/** The same for machines. Figures that there are none of are null. */
export function evaluationJson(evaluation: Evaluation): unknown {
  const { budget, maxF1, control, notes, split, budgetPerDay } = evaluation;
  return {
    split,
    notes,
    budgetPerDay,
    models: budget.map(resultJson),
    maxF1: maxF1.map(resultJson),
    control: control.map(resultJson),
  };
}

function resultJson({ scorer, title, macro, events, streams }: Result): unknown {
  return {
    model: scorer,
    title,
    macro: figures(macro),
    events: Object.fromEntries([...events].map(([event, judged]) => [event, figures(judged)])),
    streams: streams.map((stream) => ({
      id: stream.id,
      event: stream.event,
      threshold: finite(stream.threshold),
      ...figures(stream),
      falseEpisodes: stream.falseEpisodes,
      quietDays: stream.quietDays,
    })),
  };
}

function figures(judged: Judgement): Record<keyof Judgement, number | null> {
  return {
    f1: finite(judged.f1),
    precision: finite(judged.precision),
    recall: finite(judged.recall),
    prAuc: finite(judged.prAuc),
    rocAuc: finite(judged.rocAuc),
    oracleF1: finite(judged.oracleF1),
    falsePerDay: finite(judged.falsePerDay),
    detected: finite(judged.detected),
    delayMinutes: finite(judged.delayMinutes),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
