import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** A single-page app: the relay serves `build/` and answers unknown paths with the fallback page. */
export default {
  preprocess: vitePreprocess(),
  kit: {
    adapter: adapter({ fallback: 'index.html', precompress: false }),
    version: { pollInterval: 0 },
    // Registered by src/lib/ui/pwa, which also tells when a new version waits.
    serviceWorker: { register: false },
  },
};
