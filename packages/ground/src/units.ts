/**
 * Units and names that must not be mixed up. A brand costs nothing at run time; where the
 * type is lost (JSON, columns, logs) the unit goes into the name instead: `receivedAtMs`.
 */
import { z } from 'zod'

/** Milliseconds: an instant since the Unix epoch, or a span; the name says which. */
export type Millis = number & { readonly __unit: 'ms' }
export type Bytes = number & { readonly __unit: 'bytes' }

export type ProjectId = string & { readonly __id: 'project' }
/** Lower-case hex of the first 16 bytes of the SHA-256 of the device's public key. */
export type DeviceId = string & { readonly __id: 'device' }
/** One life of one encrypted store, 16 random bytes as hex; (storeId, n) names a submission. */
export type StoreId = string & { readonly __id: 'store' }
export type FormId = string & { readonly __id: 'form' }
/** `uuid:` followed by a version 4 UUID, as OpenRosa's metadata says. */
export type InstanceId = string & { readonly __id: 'instance' }
/** A version 4 UUID without prefix, as ODK's entities specification says. */
export type EntityId = string & { readonly __id: 'entity' }
/** Lower-case hex of a SHA-256. */
export type Sha256 = string & { readonly __id: 'sha256' }

export const millis = (n: number): Millis => n as Millis
export const bytes = (n: number): Bytes => n as Bytes

const branded = <T extends string>(pattern: RegExp, what: string) =>
  z
    .string()
    .regex(pattern, `is not ${what}`)
    .transform(s => s as T)

export const ProjectIdSchema = branded<ProjectId>(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a project id (a-z, 0-9, -)')
export const DeviceIdSchema = branded<DeviceId>(/^[0-9a-f]{32}$/, 'a device id (32 hex digits)')
export const StoreIdSchema = branded<StoreId>(/^[0-9a-f]{32}$/, 'a store id (32 hex digits)')
export const FormIdSchema = branded<FormId>(/^[^\s/]{1,249}$/, 'a form id')
export const InstanceIdSchema = branded<InstanceId>(
  /^uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  'an instance id (uuid:…)',
)
export const EntityIdSchema = branded<EntityId>(
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  'an entity id (a UUID)',
)
export const Sha256Schema = branded<Sha256>(/^[0-9a-f]{64}$/, 'a SHA-256 (64 hex digits)')

/**
 * A place in a collector's change feed that a reader has stored. `epoch` is one life of the
 * database: numbers of different epochs must not be compared.
 */
export interface Checkpoint {
  readonly epoch: number
  readonly number: number
}
export const CheckpointSchema = z.strictObject({
  epoch: z.number().int().nonnegative(),
  number: z.number().int().nonnegative(),
})
