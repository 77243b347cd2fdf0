const KEY = 'routescope.searches';
const MAX_SEARCHES = 6;
const MAX_CHARS = 200;

/** The searches chosen last in this browser, newest first, at most 6; none without storage. */
export function loadRecentSearches(storage: Pick<Storage, 'getItem'> | null = browserStorage()): string[] {
  try {
    const saved: unknown = JSON.parse(storage?.getItem(KEY) ?? '[]');
    if (!Array.isArray(saved)) return [];
    return saved
      .filter((text): text is string => typeof text === 'string' && text !== '' && text.length <= MAX_CHARS)
      .slice(0, MAX_SEARCHES);
  } catch {
    return [];
  }
}

/** Put `text` on top of the remembered searches and return them. */
export function rememberSearch(
  text: string,
  storage: Pick<Storage, 'getItem' | 'setItem'> | null = browserStorage(),
): string[] {
  const words = text.trim().slice(0, MAX_CHARS);
  const before = loadRecentSearches(storage);
  if (words === '') return before;
  const searches = [words, ...before.filter((other) => other !== words)].slice(0, MAX_SEARCHES);
  try {
    storage?.setItem(KEY, JSON.stringify(searches));
  } catch {
    // Not remembered: nothing else depends on it.
  }
  return searches;
}

function browserStorage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
