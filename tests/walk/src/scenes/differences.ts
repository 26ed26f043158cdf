/**
 * What real field work brings: two officers find different things at one house, a mistake is
 * noticed after the next visit, and one household is listed twice. Nothing is overwritten in
 * silence: each value that does not stand is shown, with where it can be chosen.
 */
import type { ConflictList, Summary } from '@murram/collector/api'
import type { OfficerConflict, SavedVisit } from '../officer-requests.ts'
import type { Walk } from '../walk.ts'
import { capture } from './capture.ts'
import { offline, settleDown, syncThroughWeather } from './sync.ts'

/** Households of the first part at which something is staged, by index. */
export const STAGED = { roof: 0, income: 1, twice: 2 } as const

export async function differences(walk: Walk): Promise<void> {
  const { screen, officers, central, found } = walk
  if (officers.length < 2) {
    screen.line('            one officer alone cannot disagree with anybody: this scene needs --agents 2 or more')
    return
  }
  const visitOf = (index: number, at = 0): SavedVisit => {
    const visit = found.saved.filter(saved => saved.index === index)[at]
    if (visit?.entityId == null) throw new Error(`household ${index} was not captured`)
    return visit
  }
  const [roof, income] = [visitOf(STAGED.roof), visitOf(STAGED.income)]
  const { feedNumber } = await central.get<Summary>('/api/v1/summary')
  await settleDown(walk, feedNumber)
  await offline(walk)

  // The mistake of household 2 was made by the officer whose subject it was; another one has been there since.
  const author = officers[STAGED.income % officers.length]
  const visitor = (STAGED.income + 1) % officers.length
  const visits = officers.map((_, at) => [
    ...(at < 2
      ? [{ index: STAGED.roof, staging: { as: 'roof' as const, side: at as 0 | 1, entityId: roof.entityId ?? '' } }]
      : []),
    ...(at === visitor
      ? [
          {
            index: STAGED.income,
            staging: {
              as: 'follow-up' as const,
              entityId: income.entityId ?? '',
              changes: { monthly_income: '215000' },
            },
          },
        ]
      : []),
  ])
  await capture(walk, visits, 'follow-up visits')
  const corrected = await author?.house.ask<{ captured: number }>('correct', {
    instanceId: income.instanceId,
    answers: walk.subjects.rightAnswers(STAGED.income),
  })
  found.captured += corrected?.captured ?? 0
  screen.line(
    `            ${author?.name ?? ''} corrects the first visit to household 2, which ${officers[visitor]?.name ?? ''} has visited since`,
  )
  await syncThroughWeather(walk, 'what they found')

  const twice = found.saved.filter(({ index }) => index === STAGED.twice)
  const [kept, again] = [twice[0]?.entityId, twice.find(({ entityId }) => entityId !== twice[0]?.entityId)?.entityId]
  if (kept != null && again != null) {
    await central.post('/api/v1/aliases', { alias: again, of: kept })
    screen.line(
      `            household 3 was listed twice (${kept.slice(0, 8)} and ${again.slice(0, 8)}): the centre declares them one, undoable`,
    )
  }
  await showConflicts(walk)
}

async function showConflicts(walk: Walk): Promise<void> {
  const { central, screen, officers, found } = walk
  const { feedNumber } = await central.get<Summary>('/api/v1/summary')
  await settleDown(walk, feedNumber)
  const { conflicts } = await central.get<ConflictList>('/api/v1/conflicts')
  found.conflicts = conflicts.length
  if (conflicts.length === 0) screen.line('            no answers differ')
  for (const { conflictId, entityLabel, property, stands, other } of conflicts) {
    screen.line(
      `            ${entityLabel} · ${property}: “${stands.answer}” stands, “${other.answer}” is kept beside it`,
    )
    screen.line(
      `              choose at ${walk.address.url}/?token=${walk.adminToken}#/conflicts  (POST /api/v1/conflicts/${conflictId}/settle)`,
    )
  }
  for (const { name, house } of officers) {
    const seen = await house.ask<readonly OfficerConflict[]>('conflicts')
    const mine = seen.filter(({ otherIsMine }) => otherIsMine)
    if (mine.length > 0) {
      screen.line(
        `            on ${name}'s own page: ${mine.map(({ property, other }) => `${property} “${other}”`).join(', ')} (Conflicts → Choose this)`,
      )
    }
  }
}
