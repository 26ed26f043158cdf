/**
 * What the page does where no network is: a file out, the centre's answer in, work handed to a
 * colleague. A route translates; it decides nothing.
 */
import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Imported } from '../bundle/import-bundle.ts'
import type { Agent } from '../open-agent.ts'
import type { CopiesJson, HandedOverJson, ImportedJson } from './api-types.ts'
import { faultJson, readBody, refuse } from './reply.ts'

const HandOverBody = z.strictObject({ url: z.string().max(500), code: z.string().max(20) })

export function createCarryRoutes({ bundles, carry, copies }: Pick<Agent, 'bundles' | 'carry' | 'copies'>): Hono {
  const app = new Hono()
  app.get('/api/bundles/export', async c => {
    const { header, bytes, name } = await bundles.exportStream(c.req.query('which') === 'all' ? 'all' : 'unsent')
    const { submissions, attachments } = header.contents
    return new Response(Readable.toWeb(Readable.from(bytes)) as ReadableStream<Uint8Array<ArrayBuffer>>, {
      headers: {
        'Content-Type': 'application/octet-stream',
        'Content-Disposition': `attachment; filename="${name}"`,
        'X-Murram-Contents': `${submissions} ${attachments}`,
        'Cache-Control': 'no-store',
      },
    })
  })
  app.post('/api/bundles/import', async c => {
    const { body } = c.req.raw
    const imported = await bundles.importStream(body === null ? nothing() : body)
    return imported.ok ? c.json(importedJson(imported.value)) : refuse(c, imported.error)
  })
  app.post('/api/carry/hand-over', async c => {
    const asked = await readBody(c, HandOverBody)
    if (!asked.ok) return refuse(c, asked.error)
    const handed = await carry.handOver(asked.value)
    if (!handed.ok) return refuse(c, handed.error)
    const { officer, submissions, withCopy, answers } = handed.value
    return c.json({ officer, submissions, withCopy, answers: answers.map(importedJson) } satisfies HandedOverJson)
  })
  app.get('/api/copies', c =>
    c.json({
      places: copies
        .places()
        .map(({ fault, ...place }) => ({ ...place, fault: fault === null ? null : faultJson(fault) })),
      atCentre: carry.isKeptAtCentre(),
    } satisfies CopiesJson),
  )
  return app
}

const importedJson = ({ receipted, notTaken, rows, files, wasKnown, faults }: Imported): ImportedJson => ({
  receipted,
  notTaken,
  rows,
  files,
  wasKnown,
  faults: faults.map(faultJson),
})

async function* nothing(): AsyncGenerator<Uint8Array> {}
