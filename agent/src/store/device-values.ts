/**
 * A few named values of the device inside the encrypted file: its private key, the id of
 * this life of the store, the last stamp, the collector's epoch. Plain SQL beside RxDB's
 * tables, so that they can be written in the transaction of what they belong to.
 */
import { randomBytes } from 'node:crypto'
import type { StoreId } from '@murram/ground'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import type { SigningKey } from '@murram/seal'

/** `yes`: a file of the centre said that something was refused, and no link has been asked since. */
export const REFUSED_BY_FILE = 'bundle.refused'
/** When the centre last said what this device may see, by its own clock: what it says in an older file is over. */
export const WELCOMED_AT = 'sync.welcomed-at'

export interface DeviceValues {
  readonly get: (name: string) => string | null
  readonly set: (name: string, value: string) => void
}

export interface DeviceSecrets {
  readonly deviceKey: () => SigningKey | null
  readonly keepDeviceKey: (key: SigningKey) => void
}

export function openDeviceValues({ connection }: SqliteHandle): DeviceValues {
  connection.exec('CREATE TABLE IF NOT EXISTS device_values (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT')
  const select = connection.prepare<[string], { value: string }>('SELECT value FROM device_values WHERE name = ?')
  const upsert = connection.prepare<[string, string]>(
    'INSERT INTO device_values (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return {
    get: name => select.get(name)?.value ?? null,
    set: (name, value) => void upsert.run(name, value),
  }
}

export function createDeviceSecrets(values: DeviceValues): DeviceSecrets {
  return {
    deviceKey: () => {
      const [publicKey, privateKey] = [values.get('device.publicKey'), values.get('device.privateKey')]
      return publicKey === null || privateKey === null ? null : { publicKey, privateKey }
    },
    // The private half first: a public half alone would be certified and could never answer.
    keepDeviceKey: ({ publicKey, privateKey }) => {
      values.set('device.privateKey', privateKey)
      values.set('device.publicKey', publicKey)
    },
  }
}

/** One life of one store; a copied store takes a new one (`renewStoreId`). */
export function storeIdOf(values: DeviceValues): StoreId {
  const known = values.get('store.id')
  return known === null ? renewStoreId(values) : (known as StoreId)
}

export function renewStoreId(values: DeviceValues): StoreId {
  const made = randomBytes(16).toString('hex') as StoreId
  values.set('store.id', made)
  return made
}

/** RxDB's name of the database: fixed for ever, and different for each store in a process. */
export function databaseName(values: DeviceValues): string {
  const known = values.get('store.database')
  if (known !== null) return known
  const made = `murram-${randomBytes(6).toString('hex')}`
  values.set('store.database', made)
  return made
}
