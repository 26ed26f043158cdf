/** A sheet of a workbook as text, whatever kind of file it came from. */
export interface Sheet {
  readonly name: string
  /** Trimmed text; `''` is an empty cell. The first row is row 1 of the spreadsheet. */
  readonly rows: readonly (readonly string[])[]
}
