/** The JSON of backups and of a recovery: types only, named by `api-types.ts`. */
/** GET /backups, POST /backups/done */
export interface BackupList {
  readonly backups: readonly {
    readonly name: string
    readonly epoch: number
    /** `told`: made by other means, and told by an operator. */
    readonly kind: 'own' | 'told'
    readonly folder: string | null
    readonly takenAtMs: number
    readonly verifiedAtMs: number
    readonly sizeBytes: number | null
    readonly safeSubmissions: number
  }[]
}

/** GET /recovering, POST /recovering/close */
export type RecoveryReport =
  | { readonly state: 'none'; readonly epoch: number; readonly earlier: readonly EarlierRecovery[] }
  | {
      readonly state: 'open' | 'closed'
      /** The one that the restore began. */
      readonly epoch: number
      readonly openedAtMs: number
      readonly closedAtMs: number | null
      readonly closedNote: string | null
      /** The backup that was put back; `null`: by other means than ours. */
      readonly backup: string | null
      readonly devices: readonly {
        readonly deviceId: string
        readonly officer: string | null
        readonly lastSeenAtMs: number | null
        /** Since the restore. */
        readonly seen: boolean
        /** Submissions that came since. */
        readonly resent: number
      }[]
      /** Numbers that somebody knows of and that are not stored. */
      readonly missing: readonly {
        readonly storeId: string
        readonly deviceId: string
        readonly officer: string | null
        readonly fromN: number
        readonly toN: number
      }[]
      /** What is known of outcomes and is not there; `null`: nothing was noted of them outside the database. */
      readonly lostOutcomes: {
        readonly batches: readonly {
          readonly importId: string
          readonly name: string
          readonly by: string
          readonly createdAtMs: number
          /** So many of its outcomes are missing. */
          readonly outcomes: number
        }[]
        /** Outcomes of reviewers. */
        readonly reviews: number
        /** Doubts, withdrawals and restorations. */
        readonly words: number
        /** At the households kept aside. */
        readonly looks: number
      } | null
      readonly journals: readonly {
        readonly journal: string
        readonly atMs: number
        readonly counts: Readonly<
          Record<string, { readonly replayed: number; readonly known: number; readonly failed: number }>
        >
        readonly failures: readonly string[]
      }[]
      readonly earlier: readonly EarlierRecovery[]
    }
interface EarlierRecovery {
  readonly epoch: number
  readonly openedAtMs: number
  readonly closedAtMs: number | null
}
