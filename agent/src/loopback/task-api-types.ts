/** What the loopback API says of visits to be made, of models and of judgements; `api-types.ts` hands it on. */

export interface TaskJson {
  readonly taskId: string
  readonly kind: 'follow-up'
  readonly formId: string
  /** `null`: the form is not on this laptop yet. */
  readonly formTitle: string | null
  readonly entityId: string
  readonly label: string
  readonly dueFromMs: number | null
  readonly dueToMs: number | null
  /** Why somebody should go, in the words of the centre. */
  readonly why: string
  /** Whether the household is on this laptop. */
  readonly isHere: boolean
  /** Interview id of a visit that was begun. */
  readonly draft: string | null
}
/** GET /api/tasks, what ends first first. POST /api/tasks/:taskId/open answers an InterviewJson. */
export interface TasksJson {
  readonly tasks: readonly TaskJson[]
}

export interface ModelJson {
  readonly formId: string
  readonly modelName: string
  readonly releaseId: string
  readonly counter: number
  readonly reason: 'baseline' | 'promotion' | 'rollback'
  readonly createdAtMs: number
  /** From then on it is old: it is still used, and no longer installed anew. */
  readonly expiresAtMs: number
  /** Whole days, by this laptop's clock. */
  readonly ageDays: number
  readonly isOld: boolean
  /** Over the link or as a file; `null`: nobody noted it. */
  readonly channel: 'line' | 'stick' | null
  readonly classes: readonly string[]
}

/** POST /api/submissions/:instanceId/override → SavedJson: the officer's own class beside the model's. */
export interface OverrideRequest {
  /** A class of the model. */
  readonly label: string
  /** In words; never blank. */
  readonly reason: string
}
