/**
 * The SQL of what is said of a model, and since when.
 *
 * WR1 a finding keeps its "since" while it holds, and for a day after: what flickers is one thing
 * WR2 somebody is told when it is new, and again when it has become graver; never of the same twice
 */
import { and, desc, eq, isNull } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { WatchFigures, WatchFinding } from '../http/watch-api-types.ts'
import { watches, watchFindings } from './tables.ts'
import { isAlerting, isGraver, type WeighedFinding } from './weigh-figures.ts'

const FLICKER_MS = 86_400_000

/** @returns What somebody is to be told. Inside a transaction that holds the model's row. */
export async function keepWatch(
  tx: WriteDb,
  modelName: string,
  found: { readonly figures: WatchFigures; readonly findings: readonly WeighedFinding[] },
  nowMs: number,
): Promise<readonly WatchFinding[]> {
  const { figures } = found
  await tx
    .insert(watches)
    .values({ modelName, atMs: nowMs, figures })
    .onConflictDoUpdate({ target: watches.modelName, set: { atMs: nowMs, figures } })
  const known = new Map(
    (await tx.select().from(watchFindings).where(eq(watchFindings.modelName, modelName))).map(row => [row.key, row]),
  )
  const news: WatchFinding[] = []
  for (const finding of found.findings) {
    const before = known.get(finding.key)
    const holds = before !== undefined && (before.endedMs === null || nowMs - before.endedMs < FLICKER_MS) // WR1
    const sinceMs = holds ? before.sinceMs : nowMs
    const wasTold = holds ? before.told : null
    const tells = isAlerting(finding.severity) && (wasTold === null || isGraver(finding.severity, wasTold)) // WR2
    const row = {
      ...finding,
      modelName,
      sinceMs,
      seenMs: nowMs,
      endedMs: null,
      told: tells ? finding.severity : wasTold,
    }
    await tx
      .insert(watchFindings)
      .values(row)
      .onConflictDoUpdate({ target: [watchFindings.modelName, watchFindings.key], set: row })
    if (tells) news.push({ ...withoutKey(finding), sinceMs })
  }
  const keys = new Set(found.findings.map(({ key }) => key))
  for (const [key, { endedMs }] of known)
    if (!keys.has(key) && endedMs === null)
      await tx
        .update(watchFindings)
        .set({ endedMs: nowMs })
        .where(and(eq(watchFindings.modelName, modelName), eq(watchFindings.key, key)))
  return news
}

const withoutKey = ({ kind, severity, what, todo, evidence }: WeighedFinding) => ({
  kind,
  severity,
  what,
  todo,
  evidence,
})

export interface KeptWatch {
  readonly modelName: string
  readonly atMs: number
  readonly figures: WatchFigures
}

export const keptWatches = (db: ReadDb): Promise<readonly KeptWatch[]> =>
  db.select().from(watches).orderBy(watches.modelName)

export async function keptWatch(db: ReadDb, modelName: string): Promise<KeptWatch | undefined> {
  const [row] = await db.select().from(watches).where(eq(watches.modelName, modelName))
  return row
}

export const openFindings = (db: ReadDb, modelName: string): Promise<readonly WatchFinding[]> =>
  db
    .select({
      kind: watchFindings.kind,
      severity: watchFindings.severity,
      what: watchFindings.what,
      todo: watchFindings.todo,
      evidence: watchFindings.evidence,
      sinceMs: watchFindings.sinceMs,
    })
    .from(watchFindings)
    .where(and(eq(watchFindings.modelName, modelName), isNull(watchFindings.endedMs)))
    .orderBy(desc(watchFindings.sinceMs), watchFindings.key)

/** By model and severity: what holds now. */
export const countFindings = (
  db: ReadDb,
): Promise<readonly { readonly modelName: string; readonly severity: string }[]> =>
  db
    .select({ modelName: watchFindings.modelName, severity: watchFindings.severity })
    .from(watchFindings)
    .where(isNull(watchFindings.endedMs))
