/** A block of the model card. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'table';
      /** What stands right before it. */
      readonly caption: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

/** The little of Markdown that `models/card.md` uses, as blocks to draw; marks inside lines are taken off. */
export function cardBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length;) {
    const end = blockEnd(lines, at);
    const block = blockOf(lines.slice(at, end), blocks.at(-1));
    if (block) blocks.push(block);
    at = end;
  }
  return blocks;
}

function blockEnd(lines: readonly string[], from: number): number {
  const first = lines[from]!;
  if (first.startsWith('```')) {
    const close = lines.findIndex((line, i) => i > from && line.startsWith('```'));
    return close === -1 ? lines.length : close + 1;
  }
  if (first.trim() === '' || first.startsWith('#')) return from + 1;
  let end = from + 1;
  while (end < lines.length && lines[end]!.trim() !== '' && !/^(#|```)/.test(lines[end]!)) {
    if (kindOf(lines[end]!) !== kindOf(first) && kindOf(lines[end]!) !== 'text') break;
    end++;
  }
  return end;
}

function kindOf(line: string): 'table' | 'list' | 'text' {
  if (line.startsWith('|')) return 'table';
  return /^\s*([-*]|\d+\.) /.test(line) ? 'list' : 'text';
}

function blockOf(lines: readonly string[], before: Block | undefined): Block | null {
  const first = lines[0]!;
  if (first.trim() === '') return null;
  if (first.startsWith('```')) return { kind: 'code', text: lines.slice(1, -1).join('\n') };
  const heading = /^(#+) (.*)$/.exec(first);
  if (heading) return { kind: 'heading', level: heading[1]!.length, text: plain(heading[2]!) };
  if (kindOf(first) === 'table') return tableOf(lines, captionIn(before));
  if (kindOf(first) === 'list') return { kind: 'list', items: itemsOf(lines) };
  return { kind: 'paragraph', text: plain(lines.join(' ')) };
}

function captionIn(before: Block | undefined): string {
  return before?.kind === 'heading' || before?.kind === 'paragraph' ? before.text : '';
}

function tableOf(lines: readonly string[], caption: string): Block {
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => plain(cell.trim()));
  const [head, ...rows] = lines.filter((line) => !/^\|[\s:|-]+\|\s*$/.test(line)).map(cells);
  return { kind: 'table', caption, head: head ?? [], rows };
}

function itemsOf(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (kindOf(line) === 'list') items.push(line.replace(/^\s*([-*]|\d+\.) /, ''));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return items.map(plain);
}

/** Without emphasis, code marks and link targets. */
function plain(text: string): string {
  return text
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, '$1')
    .replace(/\*\*|__|`/g, '')
    .trim();
}
