/**
 * The agent's process under the shell. The data key is wrapped by the operating system's
 * secret store, which only the shell may ask: so it is asked by message.
 *
 * A laptop that is not enrolled yet is enrolled by MURRAM_COLLECTOR, MURRAM_TOKEN and
 * MURRAM_OFFICER, as the central team's installer sets them.
 */
import { enrolAgent, startHeadless, type OperatingSystemSecrets } from '@murram/agent'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FromHouse, ToHouse } from './house-messages.ts'

const [, , dataDir = ''] = process.argv
const { parentPort } = process
const waiting = new Map<number, (text: string) => void>()
let close = async (): Promise<void> => {}
let asked = 0

const say = (message: FromHouse): void => parentPort.postMessage(message)
const ask = (kind: 'protect' | 'reveal', text: string): Promise<string> =>
  new Promise(resolve => {
    const id = (asked += 1)
    waiting.set(id, resolve)
    say({ kind, id, text })
  })

parentPort.on('message', ({ data }: { data: ToHouse }) => {
  if (data.kind === 'close') return void close()
  waiting.get(data.id)?.(data.text)
  waiting.delete(data.id)
})

const secrets: OperatingSystemSecrets = {
  backend: process.platform,
  protect: secret => ask('protect', secret),
  reveal: protectedText => ask('reveal', protectedText),
}
const fieldDir = join(import.meta.dirname, '..', '..', 'field', 'dist')

const key = { kind: 'operating-system', secrets } as const
const { MURRAM_COLLECTOR: collectorUrl, MURRAM_TOKEN: token, MURRAM_OFFICER: officer } = process.env
if (!existsSync(join(dataDir, 'enrolment.json')) && collectorUrl !== undefined && token !== undefined) {
  const order = { collectorUrl, token, officer: officer ?? '' }
  const enrolled = await enrolAgent({ ...order, dataDir, key, allowDemo: false, now: Date.now })
  if (!enrolled.ok) say({ kind: 'fault', text: enrolled.error.fault })
}

const started = await startHeadless({
  dataDir,
  key,
  allowDemo: false,
  port: 0,
  ...(existsSync(fieldDir) ? { fieldDir } : {}),
})
if (started.ok) {
  close = started.value.close
  say({ kind: 'page', url: started.value.loopback.pageUrl })
} else {
  const { fault, detail } = started.error
  say({ kind: 'fault', text: detail === undefined ? fault : `${fault}: ${detail}` })
}
