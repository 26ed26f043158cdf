/**
 * The disk of a laptop: real SQLite in memory. What was committed can be taken out as an image,
 * put into another laptop (a copied file), or put back later (an older copy).
 */
import { createRequire } from 'node:module'
import type { Connection } from '@murram/agent/weather'

export type DiskImage = Buffer

const Database = createRequire(import.meta.url)('better-sqlite3') as new (content: string | Buffer) => Connection

export const openDisk = (image: DiskImage | null): Connection => new Database(image ?? ':memory:')

/** Committed state only: nothing may be in a transaction. */
export const imageOf = (connection: Connection): DiskImage => connection.serialize()

/** No page more: what needs one fails as on a full disk. */
export function setFull(connection: Connection, full: boolean): void {
  const pages = full ? Number(connection.pragma('page_count', { simple: true })) : 1_000_000
  connection.pragma(`max_page_count = ${pages}`)
}
