/** All functions of the language, by name. A name that is not here is a fault of the form. */
import type { FunctionTable } from '../evaluate.ts'
import { chtFunctions } from './cht.ts'
import { dateFunctions } from './date.ts'
import { digestFunctions } from './digest.ts'
import { geoFunctions } from './geo.ts'
import { logicFunctions } from './logic.ts'
import { nodeFunctions } from './nodes.ts'
import { numberFunctions } from './number.ts'
import { textFunctions } from './text.ts'

export const functions: FunctionTable = Object.assign(
  Object.create(null) as Record<string, never>,
  textFunctions,
  digestFunctions,
  numberFunctions,
  logicFunctions,
  nodeFunctions,
  dateFunctions,
  geoFunctions,
  chtFunctions,
)

/** Signatures by name, `if` → `condition, then, otherwise`: for editors and documentation. */
export const functionSignatures: ReadonlyMap<string, string> = new Map(
  Object.entries(functions)
    .map(([name, { takes }]) => [name, takes] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
)
