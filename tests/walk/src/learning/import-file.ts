/** A file of outcomes, as somebody who went there sends it to the centre. */
import type { Batch } from './centre-replies.ts'
import type { LearningStage } from './learning-stage.ts'
import type { DoneVisit } from './make-visits.ts'
import { csvCell } from './panel-form.ts'

export async function importFile(
  { central, telling }: LearningStage,
  { name, by }: { readonly name: string; readonly by: string },
  visits: readonly DoneVisit[],
  { observedMs, verifier = 'evaluation team' }: { readonly observedMs: number; readonly verifier?: string },
): Promise<Batch> {
  const observedAt = new Date(observedMs).toISOString()
  const csv = [
    'entityId,value,method,verifier,observedAt',
    ...visits.map(({ entityId, outcome }) =>
      [entityId, csvCell(outcome ?? ''), 'expenditure survey', verifier, observedAt].join(','),
    ),
  ].join('\n')
  const reply = await central.send<{
    importId: string
    imported: number
    refused: readonly { fault: { what: string; detail?: string } }[]
  }>(`/api/v1/outcomes?name=${encodeURIComponent(name)}&by=${encodeURIComponent(by)}`, 'text/csv', `${csv}\n`)
  const batch = await central.get<Batch>(`/api/v1/outcomes/imports/${reply.importId}`)
  const [refused] = reply.refused
  telling.decide(
    'batch',
    `${name}: ${reply.imported} outcomes${refused === undefined ? '' : `, ${reply.refused.length} refused (${refused.fault.detail ?? refused.fault.what})`}${batch.isOdd ? ', and it looks odd' : ''}`,
    batch.words,
  )
  return batch
}
