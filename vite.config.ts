import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

const test = { environment: 'node', testTimeout: 60_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  plugins: [sveltekit()],
  worker: { format: 'es' },
  // No data: URLs: the page's policy allows fonts and images from its own origin only.
  build: { target: 'es2023', assetsInlineLimit: 0 },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...test,
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'relay/**/*.test.ts',
            'models/**/*.test.ts',
            'tests/fuzz/**/*.test.ts',
            'tests/fixtures/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          ...test,
          name: 'conformance',
          include: ['tests/conformance/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
    ],
  },
});
