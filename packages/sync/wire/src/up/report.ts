/** `report`, agent → collector: how the device fares. Not answered; a lost report is followed by a newer one. */
import { z } from 'zod'
import { AtMs, Counter, FaultSchema, Name } from '../vocabulary.ts'

const ReleaseReport = z.strictObject({
  kind: z.literal('release'),
  releaseId: Name,
  counter: Counter,
  state: z.enum(['installed', 'refused']),
  fault: FaultSchema.optional(),
  atMs: AtMs,
})
const StatusReport = z.strictObject({
  kind: z.literal('status'),
  /** Submissions that wait on the device. */
  queued: Counter,
  /** Of the release in force; 0 where there is none. */
  modelCounter: Counter,
  atMs: AtMs,
})
export const DeviceReportSchema = z.discriminatedUnion('kind', [ReleaseReport, StatusReport])
export type DeviceReport = z.infer<typeof DeviceReportSchema>

export const ReportSchema = z.strictObject({ type: z.literal('report'), reports: z.array(DeviceReportSchema).max(100) })
