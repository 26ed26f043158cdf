/** What the loopback API says where no network is; `api-types.ts` hands it on. */

/** As `FaultJson`, which stands in the file that imports this one. */
interface ToldFault {
  readonly fault: string
  readonly what: string
  readonly mend: string
  readonly detail?: string
}

/** POST /api/bundles/import: what a file of the centre brought. */
export interface ImportedJson {
  /** Interviews that the centre has received. */
  readonly receipted: number
  readonly notTaken: number
  readonly rows: number
  readonly files: number
  readonly wasKnown: boolean
  readonly faults: readonly ToldFault[]
}

/** POST /api/carry/hand-over */
export interface HandedOverJson {
  readonly officer: string
  readonly submissions: number
  readonly withCopy: boolean
  readonly answers: readonly ImportedJson[]
}

/** GET /api/copies: where sealed copies of what only this laptop has are kept. */
export interface CopiesJson {
  readonly places: readonly {
    readonly folder: string
    readonly lastAtMs: number | null
    readonly sizeBytes: number | null
    readonly fault: ToldFault | null
  }[]
  readonly atCentre: boolean
}
