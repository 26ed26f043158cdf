/**
 * Months later: what came true is known. Outcomes come in, a run starts by itself, the gate
 * judges on households that nobody trained on, and a better model goes out signed.
 */
import { untilAll } from '../officers.ts'
import type { Walk } from '../walk.ts'

interface Run {
  readonly runId: string
  readonly trigger: 'outcomes' | 'person'
  readonly state: 'queued' | 'running' | 'finished' | 'failed'
  readonly progress: number
  readonly step: string
  readonly verdict: 'promote' | 'refused' | null
  readonly candidateId: string | null
  readonly reason: unknown
}
interface RunDetail extends Run {
  readonly report: {
    readonly summary: string
    readonly lines: readonly { readonly name: string; readonly verdict: string; readonly why: string }[]
  } | null
}
interface Release {
  readonly releaseId: string
  readonly counter: number
  readonly candidateId: string
}
interface Models {
  readonly models: readonly {
    readonly modelName: string
    readonly candidates: readonly {
      readonly candidateId: string
      readonly metrics: Readonly<Record<string, number>>
      readonly kind: string
    }[]
  }[]
}

const RUN_MS = 180_000
const INSTALL_MS = 120_000
const POLL_MS = 200

export async function learn(walk: Walk): Promise<void> {
  const { screen, central, options, modelName } = walk
  const imported = await importOutcomes(walk)
  if (options.badCandidate) {
    screen.line(
      '            --bad-candidate: the trigger of the recipe is held back; a person starts a run on shuffled outcomes',
    )
    await central.post('/api/v1/runs', { modelName, handicap: 'shuffled-labels' })
  } else if (imported < walk.newOutcomes) {
    screen.line(`            ${imported} outcomes start no run: the recipe waits for ${walk.newOutcomes}`)
    return
  }
  const run = await followRun(walk)
  if (run === null) return
  await showVerdict(walk, run)
  if (run.verdict === 'promote') await installEverywhere(walk)
}

/** One row a household: what a verification team found at its door. */
async function importOutcomes({ found, subjects, central, screen }: Walk): Promise<number> {
  const seen = new Set<number>()
  const rows = found.saved.flatMap(({ index, entityId, instanceId }) => {
    const value = index < 0 || seen.has(index) ? null : subjects.outcomeOf(index)
    seen.add(index)
    if (value === null) return []
    const about = entityId === null ? { instanceId } : { entityId }
    return [
      { ...about, value, method: 'home visit', verifier: 'verification team', observedAt: new Date().toISOString() },
    ]
  })
  const reply = await central.post<{ imported: number; refused: readonly { row: number; fault: { what: string } }[] }>(
    '/api/v1/outcomes',
    rows,
  )
  screen.line(
    `            ${reply.imported} verified outcomes imported${reply.refused.length > 0 ? `, ${reply.refused.length} refused (${reply.refused[0]?.fault.what ?? ''})` : ''}`,
  )
  return reply.imported
}

async function followRun({ central, screen }: Walk): Promise<RunDetail | null> {
  const activity = screen.activity('a run, in a thread of its own:')
  const endAt = Date.now() + RUN_MS
  for (;;) {
    const { runs } = await central.get<{ runs: readonly Run[] }>('/api/v1/runs')
    const [run] = runs
    if (run !== undefined && run.state !== 'queued' && run.state !== 'running') {
      activity.end(
        `run ${run.runId.slice(0, 8)} (started by ${run.trigger === 'person' ? 'a person' : 'new outcomes'}): ${run.state}`,
      )
      if (run.state === 'failed') throw new Error(`the run failed: ${JSON.stringify(run.reason)}`)
      return central.get<RunDetail>(`/api/v1/runs/${run.runId}`)
    }
    if (Date.now() > endAt) throw new Error(`no run has finished after ${RUN_MS / 1000} s`)
    activity.update(Math.round((run?.progress ?? 0) * 100), 100, run?.step ?? 'waiting for the queue')
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

async function showVerdict(walk: Walk, run: RunDetail): Promise<void> {
  const { screen, central, found, modelName } = walk
  for (const { name, verdict, why } of run.report?.lines ?? []) {
    screen.line(`            ${{ failed: '✗', passed: '✓', unknown: '?', reported: '·' }[verdict]} ${name}: ${why}`)
  }
  screen.line(`            ${run.report?.summary ?? ''}`)
  found.gate = run.verdict === 'promote' ? 'promoted' : 'refused'
  found.failedLines = (run.report?.lines ?? []).filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)
  const { models } = await central.get<Models>('/api/v1/models')
  const candidate = models
    .find(model => model.modelName === modelName)
    ?.candidates.find(({ candidateId }) => candidateId === run.candidateId)
  if (candidate === undefined) return
  const { auc, logLoss, championAuc, championLogLoss } = candidate.metrics
  if (championAuc !== undefined && championLogLoss !== undefined)
    found.before = { auc: championAuc, logLoss: championLogLoss }
  found.after =
    run.verdict === 'promote' && auc !== undefined && logLoss !== undefined ? { auc, logLoss } : found.before
}

async function installEverywhere(walk: Walk): Promise<void> {
  const { central, officers, screen, found, modelName } = walk
  const { releases } = await central.get<{ releases: readonly (Release & { modelName: string })[] }>('/api/v1/releases')
  const ours = releases.filter(release => release.modelName === modelName)
  found.releases = ours.length
  found.newestCounter = Math.max(...ours.map(({ counter }) => counter))
  const activity = screen.activity('release going out')
  for (const { link } of officers) link.setUp(true)
  const statuses = await untilAll(
    officers,
    ({ modelCounter }) => modelCounter === found.newestCounter,
    INSTALL_MS,
    all => {
      activity.update(all.filter(({ modelCounter }) => modelCounter === found.newestCounter).length, all.length)
    },
  )
  activity.end(
    `the release of ${new Date(found.newestCounter * 1000).toISOString().slice(0, 16).replace('T', ' ')} (#${found.newestCounter}): ${statuses.length} of ${officers.length} laptops verified it, ran its test rows and switched`,
  )
}
