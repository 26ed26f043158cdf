/** `npm run docs`: writes the pages of docs/ that the code decides. */
import { runProgram } from './bootstrap.mjs'

await runProgram('tests/house/src/write-docs.ts', [])
