export type { Conversion, Diagnostic } from './diagnostic.ts'
