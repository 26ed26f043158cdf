/** The JSON of lists: those that are on their way to this laptop, and what a question chooses from. */
/** A list that a published form looks things up in, on its way to this laptop. */
export interface AwaitedListJson {
  readonly formId: string
  readonly version: string
  readonly title: string
  /** Of the file: `villages.csv`. */
  readonly name: string
  readonly haveBytes: number
  readonly sizeBytes: number
  /** An earlier one is used meanwhile; `false`: this version of the form is not offered before it is here. */
  readonly hasEarlier: boolean
}
export interface ChoiceJson {
  readonly value: string
  readonly label: string
}
/** The first fifty that the words find. */
export interface ChoicesJson {
  readonly total: number
  readonly choices: readonly ChoiceJson[]
}
