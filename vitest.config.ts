import { defineConfig } from 'vitest/config';

/** A full run tries every property many times more. */
const isFull = process.env['WEFT_FULL'] === '1';
const testTimeout = isFull ? 1_800_000 : 60_000;
/** The suite runs for so long, and only where it was asked for. */
const soakMinutes = Number(process.env['WEFT_SOAK_MINUTES'] ?? (isFull ? 10 : 0));
const soak = {
  test: {
    name: 'soak',
    include: ['test/soak/**/*.test.ts'],
    pool: 'forks' as const,
    testTimeout: (soakMinutes + 5) * 60_000,
    hookTimeout: 60_000,
  },
};

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
      ...(soakMinutes > 0 ? [soak] : []),
    ],
  },
});
