/**
 * The pull lane of one session: what changed at the collector comes down page by page.
 *
 *   closed ─welcomed─► idle ─behind─► asking ─paged─► applying ─applied─► idle
 *      ▲                 ▲              │                │
 *      │                 └── unusable ──┘                └── failed ──► idle
 *      └── linkDown, from anywhere (a page that is being applied still gets applied)
 *
 * `purge` is the way into `applying` after an epoch change: what is applied then is the emptiness.
 */
import type { Table } from '@murram/ground'

export type PullState = 'closed' | 'idle' | 'asking' | 'applying'
export type PullStep = 'welcomed' | 'behind' | 'paged' | 'unusable' | 'purge' | 'applied' | 'failed' | 'linkDown'

const _ = 'stays'

// prettier-ignore
export const pullTable: Table<PullState, PullStep> = {
  closed:   { welcomed: 'idle', behind: _,        paged: _,          unusable: _,      purge: _,          applied: _,      failed: _,      linkDown: _ },
  idle:     { welcomed: _,      behind: 'asking', paged: _,          unusable: _,      purge: 'applying', applied: _,      failed: _,      linkDown: 'closed' },
  asking:   { welcomed: _,      behind: _,        paged: 'applying', unusable: 'idle', purge: _,          applied: _,      failed: _,      linkDown: 'closed' },
  applying: { welcomed: _,      behind: _,        paged: _,          unusable: _,      purge: _,          applied: 'idle', failed: 'idle', linkDown: 'closed' },
}
