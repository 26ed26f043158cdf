/** The gate's report as the API gives it. */
import { z } from '@hono/zod-openapi'
import type { GateReport } from './gate-report.ts'
import { boundOf, idOf, unitOf } from './line-ids.ts'

const Line = z.object({
  id: z.string().describe('What the line is about; stays where its words change'),
  name: z.string().describe('For people'),
  unit: z.enum(['share', 'points', 'bytes', 'ms']).nullable().describe('Of limit and value'),
  limit: z.union([z.number(), z.array(z.number())]).nullable(),
  bound: z.enum(['at least', 'above', 'at most']).describe('How a value keeps a single limit'),
  value: z.number().nullable(),
  verdict: z.enum(['passed', 'failed', 'reported', 'unknown']),
  why: z.string(),
})
const Reason = z.object({ question: z.string(), answer: z.string(), contribution: z.number() })
const Example = z
  .object({
    instanceId: z.string(),
    household: z.string(),
    before: z.number(),
    after: z.number(),
    outcome: z.string(),
    reasonsBefore: z.array(Reason),
    reasonsAfter: z.array(Reason),
  })
  .describe('A household kept aside whose class would change')
const Part = z.object({
  name: z.string(),
  households: z.number(),
  positives: z.number(),
  gain: z.number().nullable(),
  miscalibration: z.number().nullable().describe('Mean probability of the candidate − share of positives'),
  missed: z.number().nullable().describe('Share of positive households that the candidate names negative'),
  missedByChampion: z.number().nullable(),
})
export const ReportSchema = z
  .object({
    verdict: z.enum(['promote', 'refused']),
    summary: z.string(),
    lines: z.array(Line),
    next: z.array(z.string()).describe('What to do now'),
    flips: z.object({ toPositive: z.number(), toNegative: z.number(), examples: z.array(Example) }).nullable(),
    subgroups: z.array(Part),
  })
  .openapi('GateReport')

export const reportReply = (report: GateReport): z.infer<typeof ReportSchema> => ({
  verdict: report.verdict,
  summary: report.summary,
  lines: report.lines.map(line => ({
    ...line,
    id: idOf(line),
    unit: unitOf(idOf(line)),
    bound: boundOf(idOf(line)),
    limit: typeof line.limit === 'object' && line.limit !== null ? [...line.limit] : line.limit,
  })),
  next: [...(report.next ?? [])],
  flips:
    report.flips === undefined
      ? null
      : {
          ...report.flips,
          examples: report.flips.examples.map(one => ({
            ...one,
            reasonsBefore: [...one.reasonsBefore],
            reasonsAfter: [...one.reasonsAfter],
          })),
        },
  subgroups: [...(report.subgroups ?? [])],
})
