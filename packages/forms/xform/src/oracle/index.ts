/** For tests of packages that make forms: do they behave in ODK's engine as they do here? */
export { startEngine, type Engine } from './engine.ts'
export { agreement, oracleRuns } from './agreement.ts'
