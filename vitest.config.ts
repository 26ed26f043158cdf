import { defineConfig } from 'vitest/config'

/**
 * `unit` is what a room proves alone; `story` starts whole houses (PostgreSQL, sockets,
 * processes, a browser) and runs one file at a time, because the machine may be small.
 */
const story = ['tests/**/*.test.ts']

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A machine of two cores gets one worker unless told: most of a test waits for a database or a process.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,agent,collector,apps}/**/src/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'story',
          include: story,
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
