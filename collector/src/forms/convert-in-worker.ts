/** A workbook comes from outside: it is read in a thread with bounded memory and time. */
import { Worker } from 'node:worker_threads'
import { err, fault, type Result } from '@murram/ground'
import type { Conversion } from '@murram/xlsform'

const MAX_MS = 30_000
const MAX_HEAP_MB = 512

export const convertInWorker = (
  bytes: Uint8Array,
  { fileName }: { readonly fileName: string },
): Promise<Result<Conversion>> =>
  new Promise(settle => {
    const worker = new Worker(new URL('convert-worker.ts', import.meta.url), {
      workerData: { bytes, fileName },
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    const fail = (detail: string) => {
      clearTimeout(timer)
      settle(err(fault('form.workbook-unreadable', detail)))
    }
    const timer = setTimeout(() => {
      fail(`${fileName}: not read within ${MAX_MS / 1_000} s`)
      void worker.terminate()
    }, MAX_MS)
    worker.once('message', (result: Result<Conversion>) => {
      clearTimeout(timer)
      settle(result)
    })
    worker.once('error', error => fail(`${fileName}: ${error.message}`))
    worker.once('exit', () => fail(`${fileName}: the reader ended`)) // settled already, unless it was killed
  })
