export { convertXlsform } from './convert.ts'
export type { Conversion, Diagnostic } from './diagnostic.ts'
export { createFormReader } from './read-form.ts'
export type { FormReader, FormReaderOptions, ReadForm } from './read-form.ts'
