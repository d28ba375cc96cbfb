import { defineConfig } from 'vitest/config'

/** Tests that keep several threads busy: one file at a time, or two cores measure each other's load. */
const threaded = [
  'test/{threads,system,observe,profiling,chaos,bench}/**/*.test.ts',
  'test/actors/broadcast/**/*.test.ts',
  'test/**/*.stress.test.ts',
]

const shared = {
  pool: 'forks' as const,
  setupFiles: ['test/setup/take-coverage.ts', 'test/setup/seed-properties.ts'],
  // What the build made is loaded by Node itself, as a user's program would: one copy of each module for all threads.
  server: { deps: { external: [/\/dist\//] } },
}

export default defineConfig({
  test: {
    globalSetup: ['test/setup/build.ts'],
    allowOnly: false,
    reporters: ['default'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...threaded, 'test/fixtures/**'],
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'threads',
          include: threaded,
          maxWorkers: 1,
          testTimeout: 90_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
