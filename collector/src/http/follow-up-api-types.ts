/** What the API says of follow-up visits. */

/** POST /follow-ups/plan */
export interface PlannedReply {
  /** Interviews that were looked at for the first time. */
  readonly drawn: number
  readonly audits: number
  readonly decisions: number
  /** Chosen, and nobody needs to go. */
  readonly notNeeded: number
  readonly sent: number
  readonly done: number
  readonly expired: number
}

export interface FollowUpRowJson {
  readonly followUpId: string
  /** The interview whose outcome is wanted, by its first revision. */
  readonly instanceId: string
  readonly entityId: string
  readonly label: string
  readonly modelName: string
  /** What is asked on the visit. */
  readonly formId: string
  /** By lot, or because it matters to know. */
  readonly selection: 'audit' | 'decision'
  /** Of having been chosen, by either way. */
  readonly probability: number
  readonly officer: string | null
  readonly plannedAtMs: number
  readonly dueFromMs: number | null
  readonly dueToMs: number | null
  readonly state: 'proposed' | 'sent' | 'done' | 'cancelled' | 'expired'
  readonly sentAtMs: number | null
  readonly endedAtMs: number | null
  readonly doneBy: 'outcome' | 'visit' | null
  readonly reason: string | null
}
/** GET /follow-ups */
export interface FollowUpList {
  readonly followUps: readonly FollowUpRowJson[]
  /** Pass it as `after`. */
  readonly next: string | null
}
