/** `npm run weather`: set the machine up, then run seeded days of bad weather (tests/weather). */
import { runProgram } from './bootstrap.mjs'

await runProgram('tests/weather/src/main.ts', process.argv.slice(2))
