export { rememberByNames } from './by-names.ts'
export {
  bytes,
  CheckpointSchema,
  DeviceIdSchema,
  EntityIdSchema,
  FormIdSchema,
  InstanceIdSchema,
  millis,
  ProjectIdSchema,
  Sha256Schema,
  StoreIdSchema,
} from './units.ts'
export type {
  Bytes,
  Checkpoint,
  DeviceId,
  EntityId,
  FormId,
  InstanceId,
  Millis,
  ProjectId,
  Sha256,
  StoreId,
} from './units.ts'
export { codes, describeFault, fault, isFaultCode } from './fault/codes.ts'
export type { Fault, FaultCode, FaultOf } from './fault/codes.ts'
export { err, ok, unwrap } from './result.ts'
export type { Result } from './result.ts'
export { step } from './table.ts'
export type { Table } from './table.ts'
export { createCrashPoint, noCrashPoint } from './crash-point.ts'
export type { CrashPoint } from './crash-point.ts'
