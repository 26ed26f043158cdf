/** `npm start`: set the machine up, then run the main job (tests/walk). */
import { runProgram } from './bootstrap.mjs'

await runProgram('tests/walk/src/main.ts', process.argv.slice(2))
