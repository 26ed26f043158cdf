/**
 * Where we knowingly differ from ODK's engine (0.22), each with its reason. Tests only.
 *
 * `covers` says which difference a row explains; nothing else is let through. `ends`: what
 * follows from it differs as well, so a run that meets it stops there. `example` shows the
 * difference on the smallest form; `differences.test.ts` plays it, and a row that no longer
 * differs makes that test red: then strike it out.
 */
import type { Listed } from './difference-row.ts'
import { ANSWERS } from './listed-answers.ts'
import { EXPRESSIONS } from './listed-expressions.ts'
import { SHOWN } from './listed-shown.ts'

export const LISTED: readonly Listed[] = [...ANSWERS, ...EXPRESSIONS, ...SHOWN]
