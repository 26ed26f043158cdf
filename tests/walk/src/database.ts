/** What PostgreSQL itself holds, asked of it directly and not of the collector. */
import pg from 'pg'
import { digestOfAnswers, type LedgerEntry } from './ledger.ts'

/**
 * Every submission that an officer's device sent and that counts. (`again` marks a second copy
 * out of a copied store, which the collector keeps and does not count; what people decide at
 * the centre comes from the collector's own device and is no interview.)
 */
export async function storedInterviews(databaseUrl: string): Promise<readonly LedgerEntry[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ instance_id: string; answers: Record<string, string> }>(
      `select instance_id, body->'answers' as answers from submissions
        where state <> 'again' and form_id not like 'murram:%'`,
    )
    return rows.map(row => ({ instanceId: row.instance_id, digest: digestOfAnswers(row.answers) }))
  } finally {
    await client.end()
  }
}

/** A file of a model, by its hash. */
export async function storedFile(databaseUrl: string, sha256: string): Promise<Uint8Array> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ bytes: Uint8Array }>('select bytes from blobs where sha256 = $1', [sha256])
    if (rows[0] === undefined) throw new Error(`no file ${sha256} is stored`)
    return rows[0].bytes
  } finally {
    await client.end()
  }
}
