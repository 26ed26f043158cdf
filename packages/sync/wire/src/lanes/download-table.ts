/**
 * One content-addressed file on its way down, over as many sessions as it takes.
 *
 *   offline ─linkUp─► asking ─complete─► verifying ─verified─► done
 *      ▲                │  ▲                 │
 *      └── linkDown ────┘  └───── wrong ─────┤
 *                                            └─ exhausted ─► givenUp
 *
 * Verifying needs no link, so a cut does not disturb it; what it finds wrong while the link is
 * down waits for the next link.
 */
import type { Table } from '@murram/ground'

export type DownloadState = 'offline' | 'asking' | 'verifying' | 'done' | 'givenUp'
export type DownloadStep = 'linkUp' | 'linkDown' | 'complete' | 'verified' | 'wrong' | 'wrongOffline' | 'exhausted'

const _ = 'stays'

// prettier-ignore
export const downloadTable: Table<DownloadState, DownloadStep> = {
  offline:   { linkUp: 'asking', linkDown: _,         complete: 'verifying', verified: _,      wrong: _,        wrongOffline: _,         exhausted: 'givenUp' },
  asking:    { linkUp: _,        linkDown: 'offline', complete: 'verifying', verified: _,      wrong: _,        wrongOffline: _,         exhausted: 'givenUp' },
  verifying: { linkUp: _,        linkDown: _,         complete: _,           verified: 'done', wrong: 'asking', wrongOffline: 'offline', exhausted: 'givenUp' },
  done:      { linkUp: _,        linkDown: _,         complete: _,           verified: _,      wrong: _,        wrongOffline: _,         exhausted: _ },
  givenUp:   { linkUp: _,        linkDown: _,         complete: _,           verified: _,      wrong: _,        wrongOffline: _,         exhausted: _ },
}
