#!/usr/bin/env node
/** `npx murram …`: sets the machine up where that is not done, then runs the command on Node 24. */
import { runProgram } from '../../../scripts/bootstrap.mjs'

await runProgram('apps/cli/src/main.ts', process.argv.slice(2), { MURRAM_CWD: process.cwd() })
