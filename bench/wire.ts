/**
 * Workload: 500 household interviews of some sixty answers (1.5 kB as JSON), each with its
 * assessment, in batches closed by bytes as the push lane closes them.
 * Counted: every byte of the frames up, and of the acks down. The audit trace stands apart.
 * Timed: encoding and decoding on one core, digests included where they are computed.
 * Not timed: sockets, stores.
 * Beside it, in the same run: the same submissions as JSON, one by one and in batches of 25,
 * plain and deflated.
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { submissionDigest, type Stamp, type Submission } from '@murram/fold'
import type { DeviceId, FormId, InstanceId, StoreId } from '@murram/ground'
import { seededRandom } from '@murram/testkit'
import {
  createFrameMemory,
  decodeUp,
  encodeDown,
  fillBatch,
  signHead,
  verifyPushBatch,
  type FilledBatch,
} from '@murram/wire'

const COUNT = 500
const random = seededRandom(7)
const pick = <T>(...options: readonly T[]): T => options[Math.floor(random() * options.length)] as T
const whole = (low: number, high: number): string => String(low + Math.floor(random() * (high - low + 1)))
const yesNo = (share: number): string => (random() < share ? 'yes' : 'no')
const some = (share: number, ...options: readonly string[]): string => options.filter(() => random() < share).join(' ')

const deviceId = '5f0c2a9be1d74486a3b1c20d9e8f7a61' as DeviceId
const storeId = 'b'.repeat(32) as StoreId
const { privateKey } = generateKeyPairSync('ed25519')
const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
const deviceKey = { publicKey: x, privateKey: d }
const uuid = (): string => {
  const h = randomBytes(16).toString('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`
}

function interview(startMs: number, instanceId: string): Record<string, string> {
  const members = Number(whole(1, 7))
  const answers: Record<string, string> = {
    start: new Date(startMs).toISOString(),
    end: new Date(startMs + 600_000 + random() * 1_500_000).toISOString(),
    today: new Date(startMs).toISOString().slice(0, 10),
    deviceid: deviceId,
    'meta/instanceID': instanceId,
    'meta/entity@id': uuid(),
    'meta/entity@create': '1',
    'meta/entity/label': `${pick('Achieng', 'Otieno', 'Wanjiru', 'Mwangi', 'Nafula')} (${whole(1, 900)})`,
    'place/county': pick('kisumu', 'siaya', 'busia'),
    'place/ward': pick('kaloleni', 'nyalenda', 'manyatta', 'kondele', 'railways'),
    'place/village': pick('kogelo', 'rabuor', 'ahero', 'maseno', 'kombewa', 'bondo'),
    'place/point': `${(-0.1 + random() / 50).toFixed(6)} ${(34.7 + random() / 50).toFixed(6)} 1131.0 ${whole(3, 12)}.0`,
    'head/name': `${pick('Grace', 'John', 'Mary', 'Peter', 'Rose')} ${pick('Achieng', 'Otieno', 'Wanjiru', 'Mwangi')}`,
    'head/sex': pick('female', 'male'),
    'head/age': whole(18, 85),
    'head/education': pick('none', 'primary', 'secondary', 'tertiary'),
    'head/work': pick('farmer', 'trader', 'casual', 'employed', 'none'),
    'head/phone': `07${whole(10_000_000, 99_999_999)}`,
    'head/consent': 'yes',
    'dwelling/roof': pick('iron', 'tile', 'thatch'),
    'dwelling/wall': pick('mud', 'brick', 'wood', 'stone'),
    'dwelling/floor': pick('earth', 'cement', 'tile'),
    'dwelling/rooms': whole(1, 5),
    'dwelling/owned': yesNo(0.7),
    'water/source': pick('borehole', 'river', 'tap', 'rain', 'vendor'),
    'water/minutes': whole(1, 90),
    'water/treated': yesNo(0.5),
    'sanitation/toilet': pick('latrine', 'flush', 'none', 'shared'),
    'energy/light': pick('solar', 'grid', 'lamp', 'none'),
    'energy/cooking': pick('wood', 'charcoal', 'gas'),
    'assets/owned': some(0.4, 'radio', 'phone', 'bicycle', 'motorbike', 'tv', 'fridge', 'bed', 'net'),
    'assets/land': (random() * 4).toFixed(1),
    'assets/cattle': whole(0, 6),
    'assets/goats': whole(0, 9),
    'assets/poultry': whole(0, 30),
    'food/meals': whole(1, 3),
    'food/groups': some(0.5, 'cereal', 'roots', 'pulses', 'vegetables', 'fruit', 'meat', 'fish', 'eggs', 'milk'),
    'food/worried': yesNo(0.4),
    'food/hungry': yesNo(0.15),
    'food/borrowed': whole(0, 7),
    'health/ill': yesNo(0.3),
    'health/clinic_minutes': whole(5, 180),
    'health/insured': yesNo(0.25),
    'shock/any': yesNo(0.5),
    'shock/kinds': some(0.3, 'drought', 'flood', 'illness', 'death', 'job', 'price'),
    'income/month': whole(20, 400) + '00',
    'income/sources': some(0.4, 'crops', 'livestock', 'trade', 'wages', 'remittance', 'aid'),
    'income/savings': yesNo(0.35),
    'income/debt': whole(0, 90) + '00',
    members: String(members),
    dependency: (random() * 2).toFixed(2),
    remark: random() < 0.2 ? pick('Revisit in June, the head was away.', 'Difficult road after rain.', '') : '',
  }
  for (let i = 1; i <= Math.min(members, 4); i += 1) {
    answers[`roster[${i}]/age`] = whole(0, 70)
    answers[`roster[${i}]/sex`] = pick('female', 'male')
    answers[`roster[${i}]/school`] = yesNo(0.6)
  }
  return answers
}

function audit(answers: Record<string, string>, startMs: number): string {
  let atMs = startMs
  const lines = Object.entries(answers).map(([ref, value]) => {
    const fromMs = atMs
    atMs += Math.floor(2_000 + random() * 15_000)
    return `question,/data/${ref},${fromMs},${atMs},,${value}`
  })
  return ['event,node,start,end,old-value,new-value', ...lines].join('\n')
}

const logit = (digits: number): number => Number(random().toFixed(digits))
const makeQueue = (withAudit: boolean, assessed: 'none' | 'rounded' | 'exact'): Submission[] => {
  let atMs = 1_795_000_000_000
  return Array.from({ length: COUNT }, (_, i) => {
    atMs += Math.floor(1_200_000 + random() * 2_000_000)
    const instanceId = `uuid:${uuid()}` as InstanceId
    const answers = interview(atMs, instanceId)
    const digits = assessed === 'exact' ? 17 : 4
    const probability = logit(digits)
    const submission = {
      instanceId,
      formId: 'household' as FormId,
      version: '2026-11-01',
      answers,
      audit: withAudit ? audit(answers, atMs) : null,
      assessment:
        assessed === 'none'
          ? null
          : {
              releaseId: 'vulnerability-1795000000',
              counter: 1_795_000_000,
              label: probability > 0.5 ? 'vulnerable' : 'stable',
              probability,
              probabilities: [Number((1 - probability).toFixed(digits)), probability],
              sure: random() < 0.8,
              reasons: ['dwelling/roof', 'income/month', 'food/meals'].map(input => ({
                input,
                contribution: logit(digits),
              })),
              missing: random() < 0.2 ? ['income/debt'] : [],
            },
      attachments: [],
      deviceId,
      storeId,
      n: i + 1,
      stamp: `${atMs.toString(16).padStart(12, '0')}-0000-${deviceId.slice(0, 8)}` as Stamp,
      base: {},
      deprecatedId: null,
      salt: randomBytes(16).toString('base64url'),
    }
    return { ...submission, digest: submissionDigest(submission) }
  })
}

const headOf = (batch: readonly Submission[]) => {
  const chain = batch.reduce(
    (head, { digest }) =>
      createHash('sha256')
        .update(Buffer.from(head + digest, 'hex'))
        .digest('hex'),
    '',
  )
  return signHead(deviceKey, storeId, { n: batch.at(-1)?.n ?? 0, previous: '', chain })
}

function fillAll(queue: readonly Submission[], maxBytes: number): FilledBatch[] {
  const batches: FilledBatch[] = []
  const memory = createFrameMemory()
  for (let at = 0; at < queue.length;) {
    const [first, ...rest] = queue.slice(at)
    if (first === undefined) break
    const expectBytesEach = batches.at(-1)?.bytesEach
    const filled = fillBatch([first, ...rest], {
      maxBytes,
      headOf,
      memory,
      ...(expectBytesEach === undefined ? {} : { expectBytesEach }),
    })
    if (!filled.ok) throw new Error(filled.error.fault)
    batches.push(filled.value)
    at = filled.value.lastN
  }
  return batches
}

const ackOf = (queue: readonly Submission[], { firstN, lastN }: FilledBatch): Uint8Array =>
  encodeDown({
    type: 'ack',
    upto: lastN,
    results: queue.slice(firstN - 1, lastN).map(({ n, instanceId }) => ({ n, instanceId, result: 'applied' })),
    durableUpto: lastN,
    safeUpto: 0,
    creditBytes: 256_000,
  })

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const timeUs = (run: () => void): number => {
  run()
  return median(
    Array.from({ length: 7 }, () => {
      const startMs = performance.now()
      run()
      return ((performance.now() - startMs) * 1_000) / COUNT
    }),
  )
}

const rows: Record<string, string | number>[] = []
for (const [name, withAudit, assessed] of [
  ['answers alone', false, 'none'],
  ['with assessment, 4 digits', false, 'rounded'],
  ['with assessment, all digits', false, 'exact'],
  ['with assessment and audit trace', true, 'rounded'],
] as const) {
  const queue = makeQueue(withAudit, assessed)
  const jsonOf = ({ salt: _salt, digest: _digest, ...rest }: Submission): string => JSON.stringify(rest)
  const single = queue.map(jsonOf)
  const by25 = Array.from({ length: COUNT / 25 }, (_, i) => `[${single.slice(i * 25, i * 25 + 25).join()}]`)
  rows.push(
    { what: name, encoding: 'JSON', 'B up': sum(single.map(s => s.length)) / COUNT },
    { what: name, encoding: 'JSON, each deflated', 'B up': sum(single.map(s => deflateRawSync(s).length)) / COUNT },
    { what: name, encoding: 'JSON by 25, deflated', 'B up': sum(by25.map(s => deflateRawSync(s).length)) / COUNT },
  )
  for (const maxBytes of [4_000, 16_000]) {
    const batches = fillAll(queue, maxBytes)
    const decode = (): void => {
      const memory = createFrameMemory()
      for (const { frame } of batches) {
        const read = decodeUp(frame, memory)
        if (!read.ok || read.value.type !== 'push') throw new Error('unreadable')
        if (!verifyPushBatch(read.value, { deviceId, storeId, publicKey: deviceKey.publicKey }).ok)
          throw new Error('unsound')
      }
    }
    const bytesUp = sum(batches.map(b => b.sizeBytes)) / COUNT
    const bytesDown = sum(batches.map(b => ackOf(queue, b).length)) / COUNT
    rows.push({
      what: name,
      encoding: `push, frames ≤${maxBytes / 1_000} kB`,
      'B up': bytesUp,
      'B ack': bytesDown,
      'B in all': bytesUp + bytesDown,
      'per frame': COUNT / batches.length,
      'encode µs': timeUs(() => fillAll(queue, maxBytes)),
      'decode + verify µs': timeUs(decode),
    })
  }
}

if (process.argv.includes('--json')) console.log(JSON.stringify({ count: COUNT, rows }))
else
  console.table(
    rows.map(row =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Math.round(v * 10) / 10 : v])),
    ),
  )
