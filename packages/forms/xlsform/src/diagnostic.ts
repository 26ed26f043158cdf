/** One thing found in a workbook: where it stands and what to do about it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** Stable, e.g. `unknown-type`. */
  readonly code: string
  /** What is wrong and what to do, for the author of the form. */
  readonly message: string
  readonly sheet?: string
  /** As the spreadsheet shows it: the header is row 1. */
  readonly row?: number
  /** Header of the column. */
  readonly column?: string
}

export interface Conversion {
  readonly xml: string
  readonly formId: string
  readonly version: string
  readonly title: string
  readonly languages: readonly string[]
  readonly questions: number
  readonly warnings: readonly Diagnostic[]
  /** Text of the files beside the form that the workbook itself holds, by name: `itemsets.csv`. */
  readonly lists?: Readonly<Record<string, string>>
}
