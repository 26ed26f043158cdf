/** `npm run story:learning`: set the machine up, then tell years of a model (tests/walk/src/learning). */
import { runProgram } from './bootstrap.mjs'

await runProgram('tests/walk/src/learning/main.ts', process.argv.slice(2))
