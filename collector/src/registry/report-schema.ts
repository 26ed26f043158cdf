/** The gate's report as the API gives it. */
import { z } from '@hono/zod-openapi'
import type { GateReport } from './judge-candidate.ts'

const Line = z.object({
  name: z.string(),
  limit: z.union([z.number(), z.array(z.number())]).nullable(),
  value: z.number().nullable(),
  verdict: z.enum(['passed', 'failed', 'reported']),
  why: z.string(),
})
export const ReportSchema = z
  .object({ verdict: z.enum(['promote', 'refused']), summary: z.string(), lines: z.array(Line) })
  .openapi('GateReport')

export const reportReply = ({ verdict, summary, lines }: GateReport): z.infer<typeof ReportSchema> => ({
  verdict,
  summary,
  lines: lines.map(line => ({
    ...line,
    limit: typeof line.limit === 'object' && line.limit !== null ? [...line.limit] : line.limit,
  })),
})
