/**
 * An officer in a process of its own, to be killed: saves households, syncs, and says on
 * standard output what the screen would have called saved. For tests only.
 */
import { randomUUID } from 'node:crypto'
import { createCrashPoint, unwrap } from '@murram/ground'
import { openAgent } from '../open-agent.ts'
import { answerAll, saveHousehold } from './test-agent.ts'
import { TEST_FORM_ID } from './test-form.ts'

export interface ChildOrders {
  readonly dataDir: string
  readonly keyPath: string
  /** One household each. */
  readonly names: readonly string[]
  /** An open interview with this name, kept as a draft. */
  readonly draft?: string
  readonly sync: 'never' | 'before' | 'after'
  /** Stays until it is killed. */
  readonly stay: boolean
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const orders = JSON.parse(process.argv[2] ?? '{}') as ChildOrders
const agent = unwrap(
  await openAgent({
    dataDir: orders.dataDir,
    key: { kind: 'key-file', path: orders.keyPath },
    now: Date.now,
    random: Math.random,
    uuid: randomUUID,
    allowDemo: true,
    crashPoint: createCrashPoint(process.env),
  }),
)
if (orders.draft !== undefined) agent.log.warn({ error: orders.draft }, 'an error that quotes what was said')
if (orders.sync === 'before') unwrap(await agent.sync.syncOnce())
for (const name of orders.names) {
  const saved = await saveHousehold(agent, name, { comment: name })
  say(`saved ${saved.instanceId} ${saved.digest}`)
}
if (orders.draft !== undefined) {
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  answerAll(capture, { name: orders.draft })
  await capture.save()
}
if (orders.sync === 'after') unwrap(await agent.sync.syncOnce())
say('done')
if (orders.stay) setInterval(() => {}, 1_000)
else await agent.close()
