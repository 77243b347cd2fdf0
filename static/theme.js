// Runs before the first paint, so that a remembered theme does not flash. A file, not inline: the policy forbids that.
(() => {
  let saved = null;
  try {
    saved = localStorage.getItem('routescope.theme');
  } catch {
    // Storage can be forbidden; the system's preference is as good.
  }
  const dark = saved ? saved === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const root = document.documentElement;
  root.dataset.theme = dark ? 'dark' : 'light';
  root.style.background = dark ? '#0d1013' : '#f4f5f7';
})();
