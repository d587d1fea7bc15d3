import { defineConfig } from 'vitest/config';

/** Suites that share the machine's kernel or burn its processors say so here, not in the tests. */
export default defineConfig({
  test: {
    dangerouslyIgnoreUnhandledErrors: false,
    passWithNoTests: false,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'] } },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: process.env['WEFT_FULL'] === '1' ? 1_800_000 : 120_000,
        },
      },
      {
        test: {
          name: 'netns',
          include: ['test/netns/**/*.test.ts'],
          // Real kernels: processes rather than threads, one file at a time, so that a leak has one suspect.
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
