/**
 * A copy of a running cluster through PostgreSQL's own protocol (BASE_BACKUP): consistent
 * whatever is written meanwhile, with the log that makes it so, and with the server's manifest
 * of every file, which is held against what was written here.
 *
 * Why not files: a running server writes pages while they are read, and its log is recycled.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { createUntar, type Untar } from './untar.ts'

export interface BaseCopy {
  readonly sizeBytes: number
  readonly files: number
}

/** What has arrived and is not on the disk yet; beyond it the server is not read from. */
const MAX_WAITING_BYTES = 8_000_000

const COMMAND = `BASE_BACKUP (LABEL 'murram', PROGRESS true, CHECKPOINT 'fast', WAL true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')`

/**
 * Throws what the disk or the server say.
 *
 * @param cluster Does not exist yet.
 * @param onProgress Bytes so far, and about how many there will be.
 */
export async function copyCluster(
  url: string,
  cluster: string,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<BaseCopy> {
  await mkdir(cluster, { mode: 0o700 })
  const untar = createUntar(cluster)
  const options: pg.ClientConfig & { readonly replication: string } = { connectionString: url, replication: 'true' }
  const client = new pg.Client(options)
  client.on('error', () => {}) // whoever waits for the copy hears of it there
  try {
    await client.connect()
    const manifest = await receive(client, untar, onProgress)
    await writeFile(join(cluster, 'backup_manifest'), manifest, { mode: 0o600 })
    holdAgainst(untar, manifest)
    const sizeBytes = [...untar.files.values()].reduce((sum, file) => sum + file.sizeBytes, 0)
    return { sizeBytes, files: untar.files.size }
  } finally {
    await untar.end()
    await client.end().catch(() => {})
  }
}

/** What `pg` calls on the query that is going on: its own types know them of its own queries only. */
interface CopyQuery {
  readonly submit: (connection: Line) => void
  readonly handleRowDescription: () => void
  readonly handleDataRow: (message: { readonly fields: readonly (string | null)[] }) => void
  readonly handleCommandComplete: () => void
  readonly handleCopyData: (message: { readonly chunk: Buffer }, connection: Line) => void
  readonly handleError: (error: Error) => void
  readonly handleReadyForQuery: () => void
}
interface Line {
  readonly query: (text: string) => void
  readonly stream: { readonly pause: () => void; readonly resume: () => void; readonly destroy: () => void }
}

function receive(
  client: pg.Client,
  untar: Untar,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const manifest: Buffer[] = []
  let isManifest = false
  let totalBytes = 0
  let waitingBytes = 0
  let writing: Promise<void> = Promise.resolve()
  let failed = false

  const fail = (cause: unknown, line?: Line) => {
    failed = true
    line?.stream.destroy()
    reject(cause)
  }
  const keep = (bytes: Buffer, line: Line) => {
    waitingBytes += bytes.length
    if (waitingBytes > MAX_WAITING_BYTES) line.stream.pause()
    const store = async () => {
      if (!failed) await untar.write(bytes)
      waitingBytes -= bytes.length
      if (waitingBytes < MAX_WAITING_BYTES / 2) line.stream.resume()
    }
    writing = writing.then(store).catch((cause: unknown) => fail(cause, line))
  }
  const query: CopyQuery = {
    submit: line => line.query(COMMAND),
    handleRowDescription: () => {},
    // First where the log begins, then one row a tablespace with its size in kB.
    handleDataRow: ({ fields }) => {
      if (fields.length === 3) totalBytes += Number(fields[2]) * 1_024
    },
    handleCommandComplete: () => {},
    handleCopyData: ({ chunk }, line) => {
      if (failed) return
      const [kind, rest] = [String.fromCharCode(chunk[0] ?? 0), chunk.subarray(1)]
      if (kind === 'n' && !rest.toString().startsWith('base.tar')) fail(new Error('a cluster with tablespaces'), line)
      else if (kind === 'm') isManifest = true
      else if (kind === 'p') onProgress(Number(rest.readBigInt64BE(0)), totalBytes)
      else if (kind === 'd' && isManifest) manifest.push(Buffer.from(rest))
      else if (kind === 'd') keep(Buffer.from(rest), line)
    },
    handleError: error => fail(error),
    handleReadyForQuery: () => void writing.then(() => resolve(Buffer.concat(manifest))),
  }
  client.once('end', () => fail(new Error('the server ended the connection')))
  client.query(query as unknown as pg.Submittable)
  return promise
}

const Manifest = z.object({
  Files: z.array(z.object({ Path: z.string(), Size: z.number(), Checksum: z.string() })),
})

/** Every file that the server names is here with its size and its SHA-256. */
function holdAgainst({ files }: Untar, manifest: Buffer): void {
  const { Files: named } = Manifest.parse(JSON.parse(manifest.toString('utf8')))
  if (named.length === 0) throw new Error('the manifest names no file')
  for (const { Path: path, Size: size, Checksum: checksum } of named) {
    const file = files.get(path)
    if (file?.sizeBytes !== size || file.sha256 !== checksum) throw new Error(`${path} is not as the server sent it`)
  }
}
