export { convertXlsform } from './convert.ts'
export type { Conversion, Diagnostic } from './diagnostic.ts'
