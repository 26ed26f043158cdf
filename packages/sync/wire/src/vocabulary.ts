/** The words that several messages share. Every text has a bound: a hostile frame must not cost memory. */
import { codes, DeviceIdSchema, InstanceIdSchema, type Fault, type FaultCode } from '@murram/ground'
import { isStamp } from '@murram/fold'
import { z } from 'zod'

const BASE64URL = /^[A-Za-z0-9_-]+$/

export const Counter = z.int().nonnegative()
/** n of a submission: its queue counts from 1. */
export const QueueNumber = z.int().positive()
export const AtMs = z.number().nonnegative()
export const Name = z.string().min(1).max(249)
/** A ref: `dwelling/roof`, `roster[2]/age`. */
export const NodePath = z.string().min(1).max(500)
export const StampSchema = z
  .string()
  .regex(/^[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{8}$/, 'is not a stamp')
  .refine(isStamp)
/** 64 bytes as base64url. */
export const Signature = z.string().length(86).regex(BASE64URL)
/** 32 bytes as base64url. */
export const PublicKey = z.string().length(43).regex(BASE64URL)
export const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256')
export const KeyId = z.string().regex(/^[0-9a-f]{32}$/, 'is not a key id')
export const ByteString = z.custom<Uint8Array>(v => v instanceof Uint8Array).meta({ description: 'bytes' })

/** Property or question → text. */
export const TextRecord = z.record(z.string().max(500), z.string())

export const signedSchema = <T extends z.ZodType>(body: T) =>
  z.strictObject({ body, keyId: KeyId, signature: Signature })

/** A newer collector may name a fault that this build does not know: it is read as `wire.unexpected`. */
export const FaultSchema = z
  .strictObject({
    fault: z.string().max(100),
    detail: z.string().max(4_000).optional(),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .transform(({ fault: code, detail, data }): Fault => {
    const known = Object.hasOwn(codes, code)
    const text = known ? detail : [code, detail].filter(part => part !== undefined).join(': ')
    return {
      fault: (known ? code : 'wire.unexpected') as FaultCode,
      ...(text === undefined ? {} : { detail: text }),
      ...(data === undefined ? {} : { data }),
    } as Fault
  })

export const StandingAnswerSchema = z.strictObject({
  answer: z.string(),
  instanceId: InstanceIdSchema,
  deviceId: DeviceIdSchema,
  stamp: StampSchema,
})
