/** What the central team decides about entities: choosing in a conflict, joining two, parting them, telling two apart. */
import { err, fault, ok, type EntityId, type Fault, type Result } from '@murram/ground'
import type { ReadDb } from '../db/handles.ts'
import type { OwnSubmission } from '../http/api-types.ts'
import { ALIAS_FORM, DISTINCT_FORM, SETTLEMENT_FORM } from './built-in-forms.ts'
import { aliasTarget, existingEntities, findConflict } from './entity-queries.ts'
import type { Decision, OwnDevice } from './own-device.ts'

export interface Decisions {
  readonly settle: (conflictId: string, choose: 'stands' | 'other') => Promise<Result<OwnSubmission, Fault>>
  readonly join: (alias: EntityId, of: EntityId) => Promise<Result<OwnSubmission, Fault>>
  /** They only look like one; `undone`: that was said in error. */
  readonly tellApart: (one: EntityId, other: EntityId, undone: boolean) => Promise<Result<OwnSubmission, Fault>>
  readonly part: (alias: EntityId) => Promise<Result<OwnSubmission, Fault>>
}

export function createDecisions({ read, device }: { readonly read: ReadDb; readonly device: OwnDevice }): Decisions {
  const decide = async (decision: Decision, entityIds: readonly string[]): Promise<Result<OwnSubmission, Fault>> => {
    const { instanceId, refusal } = await device.decide(decision)
    return refusal === undefined ? ok({ instanceId, entityIds }) : err(refusal)
  }
  const alias = (answers: Readonly<Record<string, string>>, entityIds: readonly string[]) =>
    decide({ formId: ALIAS_FORM, answers, base: {}, after: [] }, entityIds)

  return {
    settle: async (conflictId, choose) => {
      const conflict = await findConflict(read, conflictId)
      if (conflict === undefined) return err(fault('http.not-found', `conflict ${conflictId}`))
      const { entityId, dataset, property, stands, other } = conflict
      const answer = (choose === 'stands' ? stands : other).answer
      return decide(
        {
          formId: SETTLEMENT_FORM,
          answers: { conflict_id: conflictId, entity_id: entityId, dataset, property, answer },
          base: { [property]: stands.answer },
          after: [stands.stamp, other.stamp],
        },
        [entityId],
      )
    },
    join: async (aliasId, of) => {
      if (aliasId === of) return err(fault('http.bad-request', 'an entity cannot be an alias of itself'))
      const existing = await existingEntities(read, [aliasId, of])
      const missing = [aliasId, of].find(id => !existing.includes(id))
      if (missing !== undefined) return err(fault('http.not-found', `entity ${missing}`))
      return alias({ alias: aliasId, of }, [aliasId, of])
    },
    tellApart: (one, other, undone) =>
      decide({ formId: DISTINCT_FORM, answers: { one, other, undone: undone ? 'yes' : '' }, base: {}, after: [] }, [
        one,
        other,
      ]),
    part: async aliasId => {
      const of = await aliasTarget(read, aliasId)
      if (of === undefined) return err(fault('http.not-found', `alias ${aliasId}`))
      return alias({ alias: aliasId, of, undone: 'yes' }, [aliasId, of])
    },
  }
}
