/** Converts one workbook and ends. A thread of its own, so that a hostile workbook can be stopped. */
import { parentPort, workerData } from 'node:worker_threads'
import { convertXlsform } from '@murram/xlsform'

const { bytes, fileName } = workerData as { readonly bytes: Uint8Array; readonly fileName: string }
parentPort?.postMessage(await convertXlsform(bytes, { fileName }))
