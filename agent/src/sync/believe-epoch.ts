/**
 * Whether the life of the collector's database that a welcome speaks of may be believed: an
 * epoch follows another by the project's root key, and never goes back.
 *
 * BE1 an epoch lower than one that was met is refused: an older database answers
 * BE2 another life under the same number is refused as well: two restores that did not know of
 *     each other
 * BE3 a collector of version 1 signs nothing: its number alone is held to BE1
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { verifyDocument } from '@murram/seal'
import { EPOCH_PURPOSE, type Welcome } from '@murram/wire'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { DeviceValues } from '../store/device-values.ts'

export interface BelieveEpochDeps {
  readonly values: DeviceValues
  readonly enrolment: Pick<EnrolmentFile, 'certificate' | 'collectorId' | 'rootPublicKey'>
}

/** Written by who acts on an epoch (the push driver, a receipt on a stick). */
const EPOCH = 'sync.epoch'
const LIFE = 'sync.life'

export const createBelieveEpoch =
  ({ values, enrolment }: BelieveEpochDeps) =>
  ({ epoch, more }: Pick<Welcome, 'epoch' | 'more'>): Result<void, Fault> => {
    const met = Number(values.get(EPOCH) ?? '0')
    if (epoch < met) return err(fault('sync.epoch-behind', `epoch ${epoch}, this device has met ${met}`))
    const signed = more?.succession
    if (signed === undefined) return ok(undefined) // BE3
    const verified = verifyDocument(enrolment.rootPublicKey, EPOCH_PURPOSE, signed)
    if (!verified.ok) return err(fault('sync.bad-signature', `epoch ${epoch}`))
    const { projectId, collectorId, epoch: of, lineage } = verified.value
    const isOurs = projectId === enrolment.certificate.body.projectId && collectorId === enrolment.collectorId
    if (!isOurs || of !== epoch) return err(fault('sync.bad-signature', `epoch ${epoch}: the paper is of another one`))
    const life = `${epoch} ${lineage}`
    const [knownEpoch] = (values.get(LIFE) ?? '').split(' ')
    if (epoch === met && knownEpoch === String(epoch) && values.get(LIFE) !== life)
      return err(fault('sync.epoch-behind', `another life of the database goes by epoch ${epoch}`))
    values.set(LIFE, life)
    return ok(undefined)
  }
