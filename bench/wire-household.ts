/**
 * Workload: 300 interviews of the vulnerability form led by the walk's population, a fifth of
 * them visits to a household that was seen before, each with audit trace and assessment.
 * An interview takes its minutes: a question 3 to 20 s.
 * Counted: bytes up a submission, of the whole frame and of what it grows by with each part.
 * Timed: encoding and decoding on one core, digests included.
 * Not counted: WebSocket headers, handshakes, acks (the walk counts the socket).
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { submissionDigest, type Stamp, type Submission } from '@murram/fold'
import { millis, unwrap, type DeviceId, type InstanceId, type StoreId } from '@murram/ground'
import { seededRandom } from '@murram/testkit'
import { createFrameMemory, decodeUp, fillBatch, signHead, verifyPushBatch, type FilledBatch } from '@murram/wire'
import { compileXform, entityWrite, openSession } from '@murram/xform'
import { convertXlsform } from '@murram/xlsform'
import { conductInterview, createPopulation, respondentOf } from '@murram/walk/population'

const COUNT = 300
const random = seededRandom(7)
const deviceId = '5f0c2a9be1d74486a3b1c20d9e8f7a61' as DeviceId
const storeId = 'b'.repeat(32) as StoreId
const { privateKey } = generateKeyPairSync('ed25519')
const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
const deviceKey = { publicKey: x, privateKey: d }
const formFile = new URL('../models/vulnerability/form.xlsx', import.meta.url)
const program = unwrap(await convertXlsform(new Uint8Array(readFileSync(formFile)), { fileName: 'form.xlsx' }))
const form = unwrap(compileXform(program.xml))
const population = createPopulation({ seed: 1 })
const inputs = form.questions.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))

interface Interviewed {
  readonly answers: Submission['answers']
  readonly audit: string
  readonly base: Submission['base']
  readonly instanceId: InstanceId
  readonly endedAtMs: number
}

function interview(index: number, startMs: number, before: Interviewed | undefined): Interviewed | null {
  let atMs = startMs
  const now = (): number => (atMs += Math.floor(1_500 + random() * 8_500))
  const write = before === undefined ? null : entityWrite(form, before.answers)
  const base: Record<string, string> = {}
  const preset: Record<string, string> = {}
  if (write !== null) {
    Object.assign(preset, { 'meta/entity@id': write.entityId, 'meta/entity@create': '', 'meta/entity@update': '1' })
    for (const [path, property] of Object.entries(form.entity?.saveTo ?? {})) {
      const answer = write.set[property]
      if (answer !== undefined) preset[path] = base[property] = answer
    }
  }
  const options = { now: () => millis(now()), uuid: randomUUID, random, deviceId, username: 'Akello', answers: preset }
  const session = unwrap(openSession(form, options))
  const { setAside } = conductInterview(
    session,
    respondentOf(1, population.household(index), {
      date: new Date(startMs).toISOString().slice(0, 10),
      interviewer: 'Akello',
      ...(write === null ? {} : { entityId: write.entityId }),
    }),
  )
  if (setAside !== null) return null
  const { answers, audit } = unwrap(session.finalise())
  return { answers, audit, base, instanceId: session.instanceId, endedAtMs: atMs }
}

const interviews: Interviewed[] = []
for (let [i, atMs] = [0, 1_795_000_000_000]; interviews.length < COUNT; i += 1) {
  if (i > 2 * COUNT) throw new Error('most interviews are set aside')
  const isVisit = i % 5 === 4
  const done = interview(isVisit ? i - 4 : i, atMs, isVisit ? interviews.at(-4) : undefined)
  if (done === null) continue
  interviews.push(done)
  atMs = done.endedAtMs + Math.floor(600_000 + random() * 1_800_000)
}

interface Parts {
  readonly answers?: boolean
  readonly audit?: boolean
  readonly assessment?: boolean
  readonly base?: boolean
}
const assessments = interviews.map(() => {
  const probability = Number(random().toFixed(6))
  return {
    releaseId: 'vulnerability-1795000000',
    counter: 1_795_000_000,
    label: probability > 0.5 ? 'vulnerable' : 'stable',
    probability,
    sure: random() < 0.8,
    reasons: [0, 1, 2].map(() => ({
      input: inputs[Math.floor(inputs.length * random() ** 3)] ?? '',
      contribution: Number((random() * 2 - 1).toPrecision(4)),
    })),
    missing: random() < 0.2 ? ['monthly_income'] : [],
  }
})
const queueOf = (parts: Parts): Submission[] =>
  interviews.map(({ instanceId, answers, audit, base, endedAtMs }, i) => {
    const submission = {
      instanceId,
      formId: form.formId,
      version: form.version,
      answers: parts.answers === true ? answers : {},
      audit: parts.audit === true ? audit : null,
      assessment: parts.assessment === true ? (assessments[i] ?? null) : null,
      attachments: [],
      deviceId,
      storeId,
      n: i + 1,
      stamp: `${endedAtMs.toString(16).padStart(12, '0')}-0000-${deviceId.slice(0, 8)}` as Stamp,
      base: parts.base === true ? base : {},
      deprecatedId: null,
      salt: randomBytes(16).toString('base64url'),
    }
    return { ...submission, digest: submissionDigest(submission) }
  })

const headOf = (batch: readonly Submission[]) => {
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  const chain = batch.reduce((head, { digest }) => sha256(Buffer.from(head + digest, 'hex')), '')
  return signHead(deviceKey, storeId, { n: batch.at(-1)?.n ?? 0, previous: '', chain })
}

function fillAll(queue: readonly Submission[], maxBytes: number): FilledBatch[] {
  const batches: FilledBatch[] = []
  const memory = createFrameMemory()
  for (let at = 0; at < queue.length;) {
    const [first, ...rest] = queue.slice(at)
    if (first === undefined) break
    const expectBytesEach = batches.at(-1)?.bytesEach ?? 300
    const filled = unwrap(fillBatch([first, ...rest], { maxBytes, headOf, memory, expectBytesEach }))
    batches.push(filled)
    at = filled.lastN
  }
  return batches
}

const timeUs = (run: () => void): number => {
  run()
  const times = Array.from({ length: 5 }, () => {
    const startMs = performance.now()
    run()
    return ((performance.now() - startMs) * 1_000) / COUNT
  })
  return times.sort((a, b) => a - b)[2] ?? 0
}

const rows: Record<string, string | number>[] = []
const steps: readonly (readonly [string, Parts])[] = [
  ['ids, stamps, salts, head', {}],
  ['+ answers', { answers: true }],
  ['+ what was seen (base)', { answers: true, base: true }],
  ['+ assessment', { answers: true, base: true, assessment: true }],
  ['+ audit trace', { answers: true, base: true, assessment: true, audit: true }],
]
for (const maxBytes of [1_000, 4_000, 8_000, 16_000]) {
  let before = 0
  for (const [what, parts] of steps) {
    const queue = queueOf(parts)
    const batches = fillAll(queue, maxBytes)
    const bytes = batches.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / COUNT
    const decode = (): void => {
      const memory = createFrameMemory()
      for (const { frame } of batches) {
        const read = unwrap(decodeUp(frame, memory))
        if (read.type !== 'push') throw new Error('unreadable')
        unwrap(verifyPushBatch(read, { deviceId, storeId, publicKey: deviceKey.publicKey }))
      }
    }
    rows.push({
      'frame ≤ B': maxBytes,
      what,
      'B each': bytes,
      'more by': bytes - before,
      'per frame': COUNT / batches.length,
      ...(parts.audit === true
        ? { 'encode µs': timeUs(() => fillAll(queue, maxBytes)), 'decode + verify µs': timeUs(decode) }
        : {}),
    })
    before = bytes
  }
}

if (process.argv.includes('--json')) console.log(JSON.stringify({ count: COUNT, rows }))
else
  console.table(
    rows.map(row =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Math.round(v * 10) / 10 : v])),
    ),
  )
