/**
 * An RxStorage for RxDB on one encrypted SQLite file. Stands alone: imports nothing of ours.
 */
export { openEncrypted, type OpenOptions } from './open/open-encrypted.ts'
export { copyEncrypted } from './open/copy-encrypted.ts'
export { rekeyEncrypted, type RekeyOptions } from './open/rekey-encrypted.ts'
export { salvage, type Salvaged, type SalvagedRow, type SalvageOptions } from './open/salvage.ts'
export type { SqliteHandle } from './open/sqlite-handle.ts'
export { storeFaultOf, type StoreFault, type StoreFaultCode, type StoreResult } from './open/store-fault.ts'
export { copyWith } from './storage/apart.ts'
export { getRxStorageSqlite, type SqliteStorageSettings } from './storage/get-rx-storage-sqlite.ts'
export type { SeqCheckpoint } from './storage/seq-checkpoint.ts'
export type { InTransaction, WrittenRow } from './storage/write-rows.ts'
