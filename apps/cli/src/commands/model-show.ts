/**
 * murram model list: the models of a collector, a line each.
 * murram model show: one screen of one model: what is in force, since when, how far it has gone
 * out, what runs, what is waited for, and what was found by watching.
 *
 *   murram model list
 *   murram model show vulnerability
 *   murram model show vulnerability --json | jq .watch.findings
 *
 * Exit: 0 nothing waits for a person · 1 there is no such model, it is halted, or watching raised an
 * alarm · 2 the collector does not answer, or wrong use.
 */
import type { ModelList, ModelWatch, ReleaseList, RolloutReply, RunList, TriggerList } from '@murram/collector/api'
import { fault, ok, type Fault, type Result } from '@murram/ground'
import { askAdmin, type Central } from '../ask-admin.ts'
import { counted } from '../counted.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { saidNo } from '../said-no.ts'

export interface ModelLookOptions extends Central {
  readonly json?: boolean
}

type ModelRow = ModelList['models'][number]
type ReleaseRow = ReleaseList['releases'][number]

const look = <T>(options: Central, path: string) => askAdmin<T>(options, path, { method: 'GET' })

export async function modelList(options: ModelLookOptions): Promise<ExitCode> {
  const [models, releases] = await Promise.all([
    look<ModelList>(options, '/models'),
    look<ReleaseList>(options, '/releases'),
  ])
  if (!models.ok) return sayFault(models.error, options)
  if (!releases.ok) return sayFault(releases.error, options)
  const listed = models.value.models.map(model => ({
    ...summaryOf(model),
    release: releases.value.releases.find(({ modelName }) => modelName === model.modelName) ?? null,
  }))
  if (options.json === true) print.json({ ok: true, models: listed })
  else if (listed.length === 0)
    print.line('no model yet: murram collector publish form.xlsx --recipe recipe.yaml --card card.md')
  else
    for (const { modelName, formId, champion, candidates, release } of listed) {
      const since = release === null ? '' : `, since ${day(release.createdAtMs)}`
      print.line(
        `${modelName}  reads ${formId}  ${champion === null ? 'nothing in force' : `${champion.kind}${since}`}  ${counted(candidates, 'candidate')}`,
      )
    }
  return 0
}

const summaryOf = ({ modelName, formId, classes, positive, candidates }: ModelRow) => {
  const champion = candidates.find(one => one.champion)
  return {
    modelName,
    formId,
    classes,
    positive,
    champion: champion === undefined ? null : { candidateId: champion.candidateId, kind: champion.kind },
    candidates: candidates.length,
  }
}

interface Screen {
  readonly model: ModelRow
  /** The newest: its candidate is the champion. */
  readonly release: ReleaseRow | null
  /** `null` before the first order. */
  readonly rollout: RolloutReply | null
  readonly triggers: TriggerList['triggers']
  readonly runs: RunList['runs']
  readonly watch: ModelWatch
}

export async function modelShow(name: string, options: ModelLookOptions): Promise<ExitCode> {
  const found = await readScreen(name, options)
  if (!found.ok) return saidNo(found.error, options)
  const { release, rollout, watch, model } = found.value
  const needsSomebody = rollout?.order.state === 'halted' || watch.findings.some(({ severity }) => severity === 'alarm')
  if (options.json === true) print.json({ ok: !needsSomebody, ...found.value, model: summaryOf(model), release })
  else for (const line of screenOf(found.value, Date.now())) print.line(line)
  return needsSomebody ? 1 : 0
}

async function readScreen(name: string, options: Central): Promise<Result<Screen, Fault>> {
  const models = await look<ModelList>(options, '/models')
  if (!models.ok) return models
  const model = models.value.models.find(({ modelName }) => modelName === name)
  if (model === undefined) {
    const names = models.value.models.map(({ modelName }) => modelName)
    const others = names.length === 0 ? 'there is none yet' : `there is ${names.join(', ')}`
    return { ok: false, error: fault('predict.no-model', `${name}; ${others}`) }
  }
  const path = `/models/${encodeURIComponent(name)}`
  const [releases, rollout, triggers, runs, watch] = await Promise.all([
    look<ReleaseList>(options, '/releases'),
    look<RolloutReply>(options, `${path}/rollout`),
    look<TriggerList>(options, `${path}/triggers`),
    look<RunList>(options, '/runs?limit=100'),
    look<ModelWatch>(options, `${path}/watch`),
  ])
  if (!releases.ok) return releases
  if (!rollout.ok && rollout.error.fault !== 'http.not-found') return rollout
  if (!triggers.ok) return triggers
  if (!runs.ok) return runs
  if (!watch.ok) return watch
  return ok({
    model,
    release: releases.value.releases.find(({ modelName }) => modelName === name) ?? null,
    rollout: rollout.ok ? rollout.value : null,
    triggers: triggers.value.triggers,
    runs: runs.value.runs.filter(({ modelName }) => modelName === name),
    watch: watch.value,
  })
}

const line = (word: string, text: string): string => `${word.padEnd(10)} ${text}`.trimEnd()

function screenOf({ model, release, rollout, triggers, runs, watch }: Screen, nowMs: number): readonly string[] {
  const champion = model.candidates.find(one => one.champion)
  const open = runs.filter(({ state }) => state === 'queued' || state === 'running')
  const ended = runs.find(({ state }) => state !== 'queued' && state !== 'running')
  return [
    `${model.modelName}: reads ${model.formId}, says ${model.classes.join(' or ')}`,
    ...(champion === undefined || release === null
      ? [line('champion', 'none yet')]
      : [
          line('champion', `${release.releaseId}, ${champion.kind}, candidate ${champion.candidateId}`),
          line('', `by ${release.reason}, since ${day(release.createdAtMs)}, ${age(nowMs - release.createdAtMs)} old`),
          ...(release.note === null ? [] : [line('', `“${release.note}”`)]),
          ...(champion.approval === null
            ? []
            : [line('', `past the gate by ${champion.approval.by}: “${champion.approval.reason}”`)]),
          line('figures', figuresOf(champion.metrics)),
          line('devices', devicesOf(release)),
        ]),
    ...(rollout === null ? [] : ringLines(rollout)),
    ...(open.length === 0
      ? [line('runs', 'none open')]
      : open.map(run =>
          line('runs', `${run.runId} is ${run.state}, ${Math.round(100 * run.progress)} %: ${run.step}`),
        )),
    ...(ended === undefined ? [] : [line('last run', `${day(ended.createdAtMs)}, ${ended.state}: ${ended.step}`)]),
    ...triggers
      .filter(({ verdict }) => verdict !== 'off')
      .map(({ trigger, why }) => line('waits for', `${trigger}: ${why}`)),
    line('watching', watch.summary),
    ...watch.findings.map(({ severity, what, todo }) => line('', `${severity}: ${what} To do: ${todo}`)),
  ]
}

const figuresOf = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${Math.round(value * 1_000) / 1_000}`)
    .join(', ') || 'none: it was held against no outcome'

const devicesOf = ({ installed, refused, rolledBack }: ReleaseRow): string =>
  `${installed} have it${refused === 0 ? '' : `, ${refused} refused it`}${rolledBack === 0 ? '' : `, ${rolledBack} left it again`}`

export function ringLines({ order, evidence, next }: RolloutReply): readonly string[] {
  const { state, openRing, who, reason } = order
  return [
    line(
      'rings',
      state === 'complete'
        ? 'out to all'
        : `${state === 'halted' ? 'HALTED' : 'on its way'}, open up to ring ${openRing}`,
    ),
    line('', `by ${who}: ${reason}`),
    ...(evidence === null
      ? []
      : [
          line(
            '',
            `${evidence.installed} of ${counted(evidence.devices, 'device')}, ${counted(evidence.scores, 'score')}${evidence.failures.length === 0 ? '' : `, fails on ${evidence.failures.length}`}`,
          ),
        ]),
    ...(next === null ? [] : [line('', `next: ${next.do}: ${next.why}`)]),
  ]
}

export const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

function age(ms: number): string {
  const hours = Math.max(0, Math.floor(ms / 3_600_000))
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day')
}
