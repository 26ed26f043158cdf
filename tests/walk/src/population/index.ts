export { conductInterview } from './conduct-interview.ts'
export { createPopulation } from './population.ts'
export { respondentOf } from './respondent.ts'
