/** What the scenes of one walk share, and what they find out for the closing table. */
import type { Central } from './central.ts'
import type { CollectorAddress } from './collector-process.ts'
import type { RefusedAnswer, SavedVisit } from './officer-requests.ts'
import type { Officer } from './officers.ts'
import type { WalkOptions } from './options.ts'
import type { House } from './processes.ts'
import type { Screen } from './screen.ts'
import type { Subjects } from './subjects.ts'

export interface ModelFigures {
  readonly auc: number
  readonly logLoss: number
}

export interface Walk {
  readonly options: WalkOptions
  readonly screen: Screen
  readonly root: string
  /** Of this run. */
  readonly folder: string
  readonly adminToken: string
  readonly collector: House
  readonly address: CollectorAddress
  readonly central: Central
  readonly formId: string
  readonly modelName: string
  /** New verified outcomes that start a run, as the recipe says. */
  readonly newOutcomes: number
  readonly subjects: Subjects
  readonly officers: readonly Officer[]
  readonly found: Findings
}

/** Filled in as the walk goes on. */
export interface Findings {
  readonly saved: SavedVisit[]
  readonly refused: RefusedAnswer[]
  readonly setAside: RefusedAnswer[]
  captured: number
  conflicts: number
  releases: number
  newestCounter: number
  gate: 'promoted' | 'refused' | 'no run'
  before: ModelFigures | null
  after: ModelFigures | null
  failedLines: readonly string[]
}

export const noFindings = (): Findings => ({
  saved: [],
  refused: [],
  setAside: [],
  captured: 0,
  conflicts: 0,
  releases: 0,
  newestCounter: 0,
  gate: 'no run',
  before: null,
  after: null,
  failedLines: [],
})

/** The two parts of the work: before the verified outcomes come in, and after. */
export const FIRST_PART = 0.85

export interface Plan {
  readonly officer: number
  readonly first: readonly number[]
  readonly second: readonly number[]
}

/** Subject k goes to officer k mod n, so that a table is replayed in its own order. */
export function planInterviews({ agents, interviews, replay }: WalkOptions, subjects: Subjects): readonly Plan[] {
  const total = replay === undefined ? agents * interviews : Math.min(replay.limit, subjects.size)
  const cut = Math.max(1, Math.ceil(total * FIRST_PART))
  return Array.from({ length: agents }, (_, officer) => {
    const mine = Array.from({ length: total }, (_, index) => index).filter(index => index % agents === officer)
    return { officer, first: mine.filter(index => index < cut), second: mine.filter(index => index >= cut) }
  })
}
