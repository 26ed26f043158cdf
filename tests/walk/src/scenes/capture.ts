/** Interviews without a network, each officer in a process of their own, all at the same time. */
import type { InterviewReply } from '../officer-requests.ts'
import type { Staging } from '../subjects.ts'
import type { Walk } from '../walk.ts'

/** How many interviews are asked for at once: the progress moves in such steps. */
const STEP = 20

export interface Visit {
  readonly index: number
  readonly staging: Staging
}

export async function capture(
  walk: Walk,
  visitsByOfficer: readonly (readonly Visit[])[],
  label: string,
): Promise<void> {
  const { officers, screen, found, formId } = walk
  const total = visitsByOfficer.reduce((sum, visits) => sum + visits.length, 0)
  if (total === 0) return
  const activity = screen.activity(label)
  const startedAt = Date.now()
  let done = 0
  let refused = 0
  await Promise.all(
    officers.map(async ({ house }, at) => {
      const visits = visitsByOfficer[at] ?? []
      for (let from = 0; from < visits.length; from += STEP) {
        const reply = await house.ask<InterviewReply>('interview', { formId, visits: visits.slice(from, from + STEP) })
        found.saved.push(...reply.saved)
        found.refused.push(...reply.refused)
        found.setAside.push(...reply.setAside)
        found.captured += reply.saved.length
        done += Math.min(STEP, visits.length - from)
        refused += reply.refused.length
        activity.update(done, total, `${refused} answers refused and asked again`)
      }
    }),
  )
  const seconds = (Date.now() - startedAt) / 1000
  activity.end(
    `${total} ${total === 1 ? 'interview' : 'interviews'} captured offline in ${seconds.toFixed(1)} s, ${refused} wrong answers refused and corrected`,
  )
}
