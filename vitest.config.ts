import { defineConfig } from 'vitest/config';

/** A full run tries every property many times more. */
const isFull = process.env['WEFT_FULL'] === '1';
const testTimeout = isFull ? 1_800_000 : 60_000;

/** Suites that share the machine's kernel or burn its processors say so here, not in the tests. */
export default defineConfig({
  test: {
    dangerouslyIgnoreUnhandledErrors: false,
    passWithNoTests: false,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout } },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], testTimeout } },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: isFull ? 1_800_000 : 300_000,
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
