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
import { createHash, generateKeyPairSync } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { Submission } from '@murram/fold'
import type { DeviceId, StoreId } from '@murram/ground'
import {
  createFrameMemory,
  decodeUp,
  encodeDown,
  fillBatch,
  signHead,
  verifyPushBatch,
  type FilledBatch,
} from '@murram/wire'
import { makeSubmissions } from './sync-fixtures.ts'

const COUNT = 500
const deviceId = '5f0c2a9be1d74486a3b1c20d9e8f7a61' as DeviceId
const storeId = 'b'.repeat(32) as StoreId
const { privateKey } = generateKeyPairSync('ed25519')
const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
const deviceKey = { publicKey: x, privateKey: d }
const makeQueue = (withAudit: boolean, assessed: 'none' | 'rounded' | 'exact'): Submission[] =>
  makeSubmissions({ count: COUNT, seed: 7, deviceId, storeId, withAudit, assessed })

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
