/**
 * What the author of an interview can have seen of the entities that it chose in the form itself, for
 * its rows or for all of it: the household as the device showed it, unless the feed has changed it
 * since the interview began. Of what may have changed under their eyes nothing is claimed; the
 * collector then keeps both answers, and a person chooses.
 *
 * Not here: the household that the interview was opened with (`interview-start.ts`).
 */
import { toBase } from '@murram/fold'
import { EntityIdSchema, type Checkpoint } from '@murram/ground'
import type { EntityWriteOf } from '@murram/xform'
import type { Households } from '../households/households.ts'
import type { Mirror } from '../store/mirror.ts'

export interface RowBaseDeps {
  readonly households: Pick<Households, 'find'>
  readonly mirror: Pick<Mirror, 'find' | 'checkpoint'>
}

export async function rowBase(
  { households, mirror }: RowBaseDeps,
  writes: readonly EntityWriteOf[],
  opened: string | null,
  seenUpto: Checkpoint | null,
): Promise<Readonly<Record<string, string>>> {
  const updates = writes.filter(
    ({ source, action, entityId }) => action === 'update' && (source !== '' || entityId !== opened),
  )
  if (seenUpto === null || updates.length === 0) return {}
  if ((await mirror.checkpoint()).epoch !== seenUpto.epoch) return {}
  let base: Readonly<Record<string, string>> = {}
  for (const { source, entityId, set } of updates) {
    const id = EntityIdSchema.safeParse(entityId)
    const row = await mirror.find('entity', entityId)
    if (!id.success || (row !== null && row.number > seenUpto.number)) continue
    const properties = (await households.find(entityId))?.properties ?? {}
    const seen = Object.entries(properties).filter(([name]) => Object.hasOwn(set, name))
    const answers = Object.fromEntries(seen)
    base = { ...base, ...(source === '' ? answers : toBase(id.data, answers)) }
  }
  return base
}
