/**
 * Where drizzle-kit finds the tables, and where it writes the steps between their versions:
 *
 *   cd collector && ../node_modules/.bin/node node_modules/drizzle-kit/bin.cjs generate --name <what changes>
 */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/*/tables.ts',
  out: './src/db/migrations',
})
