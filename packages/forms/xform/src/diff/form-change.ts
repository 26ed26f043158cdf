/** What a difference between two versions of a form means to those who live with the older one. */

/**
 * `breaks`: what worked stops working, or an answer is lost · `asks-again`: somebody has to do
 * something once more: answer, look, train · `fine`: good to know.
 */
export type Severity = 'breaks' | 'asks-again' | 'fine'

/** Drafts begun on the older version, tables and scripts that read exports, models, entities. */
export type Concern = 'drafts' | 'exports' | 'models' | 'entities'

export type ChangeKind =
  | 'form-id-changed'
  | 'version-not-raised'
  | 'question-gone'
  | 'question-moved'
  | 'question-added'
  | 'type-changed'
  | 'repeat-changed'
  | 'choices-gone'
  | 'choices-added'
  | 'required-changed'
  | 'constraint-changed'
  | 'relevance-changed'
  | 'calculation-changed'
  | 'sensitivity-changed'
  | 'role-changed'
  | 'dataset-changed'
  | 'property-changed'

export interface FormChange {
  readonly concern: Concern
  readonly severity: Severity
  readonly kind: ChangeKind
  /** In the newer version; in the older one where it is gone; `''` is the form. */
  readonly path: string
  /** In the older version, where it was elsewhere. */
  readonly was?: string
  readonly message: string
}

export interface FormDiff {
  readonly formId: string
  readonly older: string
  readonly newer: string
  /** The worst of all; `fine` where nothing changed. */
  readonly severity: Severity
  readonly changes: readonly FormChange[]
}
