/**
 * Who may say that a new epoch has begun: the project's root key signs it, with the epoch that
 * it follows. A device verifies it in its welcome; a collector with other keys is noticed here.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { keyIdOf, signDocument, verifyDocument, type Signed } from '@murram/seal'
import { EPOCH_PURPOSE, EpochSuccessionSchema, type EpochSuccession } from '@murram/wire'
import type { ProjectKeys } from '../config/project-keys.ts'

export type SignedSuccession = Signed<EpochSuccession>
type SuccessionKeys = Pick<ProjectKeys, 'projectId' | 'root' | 'collector'>

export const signSuccession = (
  { projectId, root, collector }: SuccessionKeys,
  life: Pick<EpochSuccession, 'epoch' | 'lineage' | 'previous' | 'issuedAtMs'>,
): SignedSuccession => {
  const { epoch, lineage, previous, issuedAtMs } = life
  const collectorId = keyIdOf(collector.publicKey)
  return signDocument(root, EPOCH_PURPOSE, { projectId, collectorId, epoch, lineage, previous, issuedAtMs })
}

/** What the database holds must be signed by this collector's own root key, for its own device. */
export function readSuccession(
  { projectId, root, collector }: SuccessionKeys,
  stored: unknown,
): Result<SignedSuccession, FaultOf<'house.other-keys'>> {
  const signed = stored as SignedSuccession
  const body = EpochSuccessionSchema.safeParse(signed.body)
  if (!body.success) return err(fault('house.other-keys', 'what the database says of its epoch cannot be read'))
  if (!verifyDocument(root.publicKey, EPOCH_PURPOSE, signed).ok)
    return err(fault('house.other-keys', `the project ${projectId} has another root key`))
  return body.data.collectorId === keyIdOf(collector.publicKey)
    ? ok(signed)
    : err(fault('house.other-keys', `the project ${projectId} has another key of the collector`))
}
