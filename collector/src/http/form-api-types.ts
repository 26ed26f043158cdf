/** The JSON of published forms and of the lists beside them. */
/** POST /forms (raw .xlsx or XForm XML), GET /forms */
export interface FormRow {
  readonly formId: string
  readonly version: string
  readonly title: string
  readonly state: 'published' | 'withdrawn'
  /** Of the program, which devices fetch. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly questions: number
  readonly languages: readonly string[]
  /** The dataset its submissions write to, if any. */
  readonly dataset: string | null
  readonly fileName: string
  readonly publishedAtMs: number
  readonly submissions: number
  /** In force for it. */
  readonly lists: readonly ListRow[]
}
/** A list beside a form version. Whatever was published under a number never changes. */
export interface ListRow {
  readonly version: string
  /** Of the file, as it stands in the form: `villages.csv`. */
  readonly name: string
  readonly number: number
  readonly sha256: string
  readonly sizeBytes: number
  readonly rows: number
  readonly publishedAtMs: number
}
/** GET /forms/:formId/lists */
export interface ListHistory {
  readonly lists: readonly ListRow[]
}
/** POST /forms/:formId/lists: multipart, each list as `list` under its own file name. */
export interface PublishListsReply {
  readonly lists: readonly ListRow[]
  /** False: all of it was published before. */
  readonly changed: boolean
  readonly warnings: readonly string[]
}
export interface FormList {
  readonly forms: readonly FormRow[]
}
export interface FormWarning {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly sheet?: string
  readonly row?: number
  readonly column?: string
}
export interface PublishReply {
  readonly form: FormRow
  /** False: this very version was published before. */
  readonly created: boolean
  readonly warnings: readonly FormWarning[]
}
