/** Of the collector's answers what the story reads. */
export interface RunRow {
  readonly runId: string
  readonly trigger: string
  readonly state: 'queued' | 'running' | 'finished' | 'failed' | 'cancelled'
  readonly because: string
  readonly verdict: 'promote' | 'refused' | null
  readonly candidateId: string | null
  readonly releaseId: string | null
  /** The digest of its frozen rows. */
  readonly snapshot: string | null
  readonly handicap: string | null
  readonly createdAtMs: number
  readonly reason: unknown
}

export interface RunDetail extends RunRow {
  readonly report: {
    readonly summary: string
    readonly lines: readonly {
      readonly name: string
      readonly verdict: string
      readonly value: number | null
      readonly limit: number | null | readonly [number, number]
      readonly why: string
    }[]
  } | null
  readonly rows: { readonly used: number; readonly positives: number } | null
  readonly record: { readonly artefacts: readonly { readonly name: string; readonly sha256: string }[] } | null
}

export interface Models {
  readonly models: readonly {
    readonly modelName: string
    readonly championId: string | null
    readonly candidates: readonly { readonly candidateId: string; readonly kind: string }[]
  }[]
}

export interface Batch {
  readonly importId: string
  readonly name: string
  readonly isOdd: boolean
  readonly words: string
}

export const isHandicapped = ({ handicap }: RunRow): boolean => handicap !== null
