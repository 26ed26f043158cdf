/** What a program asks of a model, and what it is told. */
import type { Fault, Result } from '@murram/ground'
import type { Assessment, ReasonInWords } from '@murram/score'

export interface PredictOrder {
  readonly modelName: string
  readonly given: { readonly records: readonly unknown[] } | { readonly texts: readonly string[] }
  readonly reasons: boolean
  /** Of the reasons; the form's own where it is `null`, or no language of the form. */
  readonly language: string | null
}

export interface PredictionReply extends Pick<Assessment, 'label' | 'positive' | 'probability' | 'sure' | 'abstains'> {
  readonly probabilities: Record<string, number>
  readonly possible: string[]
  readonly missing: string[]
  readonly reasons?: ReasonInWords[]
}

export interface Answered {
  readonly model: {
    readonly modelName: string
    readonly releaseId: string
    readonly counter: number
    readonly candidateId: string
    readonly formId: string
    readonly formVersion: string
    readonly releasedAtMs: number
    readonly ageMs: number
  }
  readonly predictions: readonly Result<PredictionReply, Fault>[]
}
