/**
 * A form file of any kind → a compiled form, in a thread that can be stopped: whatever stands in
 * the file, the answer comes within a time and a memory that are known beforehand.
 *
 * RF1 a file that takes too long or too much memory is a fault of that file alone
 * RF2 what was read equals what `convertXlsform` and `compileXform` give in this thread
 *
 * Not here: what is right or wrong in a form (`convert.ts`).
 */
import { availableParallelism } from 'node:os'
import { err, fault, type Fault, type Result } from '@murram/ground'
import type { CheckedLists, Program } from '@murram/xform'
import { Piscina } from 'piscina'
import type { Conversion } from './diagnostic.ts'

export interface ReadForm extends Conversion {
  readonly program: Program
  /** Of the lists that were given, and of those that the workbook holds; a given one stands in place of it. */
  readonly checked: CheckedLists
}

export interface FormReader extends AsyncDisposable {
  /**
   * @param options.fileName Its ending tells `.xml` (XForm) from the kinds of XLSForm.
   * @param options.lists Text of files beside the form, by name: each is read as a device would.
   */
  readonly read: (
    bytes: Uint8Array,
    options: { readonly fileName: string; readonly lists?: Readonly<Record<string, string>> },
  ) => Promise<Result<ReadForm, Fault>>
}

export interface FormReaderOptions {
  readonly threads?: number
  /** For one file; 30 s if absent. */
  readonly maxMs?: number
  /** For one thread; 512 MB if absent. */
  readonly maxHeapMb?: number
}

/** What a thread is given. */
export interface FormTask {
  readonly bytes: Uint8Array
  readonly fileName: string
  readonly lists: Readonly<Record<string, string>>
}

const MAX_BYTES = 50_000_000

export function createFormReader({ threads, maxMs = 30_000, maxHeapMb = 512 }: FormReaderOptions = {}): FormReader {
  const most = threads ?? availableParallelism()
  const pool = new Piscina<FormTask, Result<ReadForm, Fault>>({
    filename: new URL('./read-form-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: most,
    idleTimeout: 2_000,
    concurrentTasksPerWorker: 1,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  })

  // The time of a file begins with its turn, not while hundreds wait before it.
  let running = 0
  const waiting: (() => void)[] = []
  const takeTurn = async (): Promise<void> => {
    if (running < most) running += 1
    else await new Promise<void>(resolve => waiting.push(resolve))
  }
  const giveTurn = (): void => {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }

  const read: FormReader['read'] = async (bytes, { fileName, lists = {} }) => {
    if (bytes.length > MAX_BYTES) return err(fault('form.workbook-unreadable', `${fileName} is larger than 50 MB`))
    await takeTurn()
    const tooLong = new AbortController()
    const timer = setTimeout(() => tooLong.abort(), maxMs)
    try {
      return await pool.run({ bytes, fileName, lists }, { signal: tooLong.signal })
    } catch (problem) {
      return err(fault('form.workbook-unreadable', `${fileName}: ${reasonOf(problem, tooLong.signal)}`))
    } finally {
      clearTimeout(timer)
      giveTurn()
    }
  }

  function reasonOf(problem: unknown, { aborted }: AbortSignal): string {
    if (aborted) return `it was not read within ${maxMs / 1_000} s`
    const { code, message } = problem as NodeJS.ErrnoException
    return code === 'ERR_WORKER_OUT_OF_MEMORY' ? `reading it takes more than ${maxHeapMb} MB of memory` : message
  }

  return { read, [Symbol.asyncDispose]: () => pool.destroy() }
}
