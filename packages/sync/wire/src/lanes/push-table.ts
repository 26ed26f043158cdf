/**
 * The push lane of one session. The pull lane has its own machine: a backlog of three weeks
 * must not delay a return, a release or a revocation.
 *
 *   closed ─welcomed─► idle ─queued─► sending ─sent─► waiting ─acked─► idle
 *      ▲                 ▲               ▲               │ │
 *      │                 │               └──── more ─────┘ │
 *      │                 └────────── turnedAway ───────────┘
 *      └── linkDown, from anywhere
 *
 * `acked` is "nothing is on its way any more"; while the window has room, `more` sends the next.
 */
import type { Table } from '@murram/ground'

export type PushState = 'closed' | 'idle' | 'sending' | 'waiting'
export type PushStep = 'welcomed' | 'queued' | 'sent' | 'acked' | 'more' | 'turnedAway' | 'linkDown'

const _ = 'stays'

// prettier-ignore
export const pushTable: Table<PushState, PushStep> = {
  closed:  { welcomed: 'idle', queued: _,         sent: _,         acked: _,      more: _,         turnedAway: _,      linkDown: _ },
  idle:    { welcomed: _,      queued: 'sending', sent: _,         acked: _,      more: _,         turnedAway: _,      linkDown: 'closed' },
  sending: { welcomed: _,      queued: _,         sent: 'waiting', acked: _,      more: _,         turnedAway: _,      linkDown: 'closed' },
  waiting: { welcomed: _,      queued: _,         sent: _,         acked: 'idle', more: 'sending', turnedAway: 'idle', linkDown: 'closed' },
}
