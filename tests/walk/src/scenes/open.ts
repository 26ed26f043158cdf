/** The centre opens, publishes a form and an honest prior, and enrols the officers. */
import type { EnrolmentToken, FormList, PublishReply } from '@murram/collector/api'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { untilAll } from '../officers.ts'
import type { Walk } from '../walk.ts'

const FIRST_SYNC_MS = 60_000

export interface ModelFiles {
  readonly form: string
  readonly recipe: string
  readonly card: string
}

export async function publish(walk: Pick<Walk, 'central' | 'screen' | 'found'>, files: ModelFiles) {
  const { central, screen } = walk
  const name = basename(files.form)
  const { form, warnings } = await central.send<PublishReply>(
    `/api/v1/forms?fileName=${encodeURIComponent(name)}`,
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    new Uint8Array(readFileSync(files.form)),
  )
  const languages = form.languages.length === 0 ? 'one language' : form.languages.join(' and ')
  screen.line(
    `            form “${form.title}” (${form.formId} ${form.version}): ${form.questions} questions in ${languages}`,
  )
  for (const { message } of warnings.slice(0, 3)) screen.line(`              warning: ${message}`)
  const published = await central.post<{ modelName: string; inputs: number; releaseId: string | null }>(
    '/api/v1/models',
    {
      recipe: files.recipe,
      card: files.card,
    },
  )
  screen.line(
    `            model ${published.modelName}: the honest prior over ${published.inputs} questions, nothing trained, signed and released to one ring`,
  )
  walk.found.releases = 1
  return { formId: form.formId, modelName: published.modelName }
}

export async function enrol(walk: Walk): Promise<void> {
  const { officers, central, screen, formId } = walk
  const activity = screen.activity('enrolling')
  for (const [at, { house, link, name }] of officers.entries()) {
    const { token } = await central.post<EnrolmentToken>('/api/v1/enrolment-tokens', { officer: name })
    const url = `http://127.0.0.1:${link.port}`
    await house.ask('enrol', { collectorUrl: url, token })
    await house.ask('connect', { url })
    activity.update(at + 1, officers.length, name)
  }
  const statuses = await untilAll(
    officers,
    ({ forms, modelCounter }) => forms > 0 && modelCounter !== null,
    FIRST_SYNC_MS,
  )
  walk.found.newestCounter = statuses[0]?.modelCounter ?? 0
  activity.end(
    `${officers.map(({ name }) => name).join(', ')}: enrolled, with a key, an encrypted store, the form and the prior`,
  )
  const { forms } = await central.get<FormList>('/api/v1/forms')
  if (!forms.some(form => form.formId === formId)) throw new Error(`${formId} is not among the published forms`)
}

export const vulnerabilityFiles = (root: string): ModelFiles => {
  const at = (name: string) => join(root, 'models', 'vulnerability', name)
  return {
    form: at('form.xlsx'),
    recipe: readFileSync(at('recipe.yaml'), 'utf8'),
    card: readFileSync(at('card.md'), 'utf8'),
  }
}
