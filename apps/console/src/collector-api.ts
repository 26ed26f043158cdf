/**
 * The collector's API as the pages call it. The token comes once in the address, is kept for
 * this tab only and taken out of the address at once.
 */
import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import type {
  BundleImport,
  FaultReply,
  LiveEvent,
  OwnSubmission,
  ReviewComment,
  ReviewReply,
  SettleRequest,
} from '@murram/collector/api'

const KEPT = 'murram-console-token'

function takeToken(): string {
  const address = new URL(window.location.href)
  const given = address.searchParams.get('token')
  if (given !== null) {
    sessionStorage.setItem(KEPT, given)
    address.searchParams.delete('token')
    window.history.replaceState(null, '', address)
  }
  return sessionStorage.getItem(KEPT) ?? ''
}

const token = takeToken()

/** What a page says when the collector refuses or cannot be reached. */
export interface Trouble {
  readonly what: string
  readonly mend: string
  readonly detail?: string
}

class CollectorRefusal extends Error {
  readonly trouble: Trouble
  constructor(trouble: Trouble) {
    super(trouble.what)
    this.trouble = trouble
  }
}

const unreachable: Trouble = {
  what: 'The collector does not answer.',
  mend: 'Check that it is running and that this computer reaches it, then try again.',
}

export const troubleOf = (error: unknown): Trouble =>
  error instanceof CollectorRefusal ? error.trouble : { ...unreachable, detail: String(error) }

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/v1/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new CollectorRefusal(unreachable)
  })
  const said: unknown = await response.json().catch(() => undefined)
  if (said === undefined) throw new CollectorRefusal({ ...unreachable, detail: `HTTP ${response.status}` })
  if (!response.ok) throw new CollectorRefusal(said as FaultReply)
  return said as T
}

export const settle = (conflictId: string, choose: SettleRequest['choose']) =>
  call<OwnSubmission>('POST', `conflicts/${encodeURIComponent(conflictId)}/settle`, { choose })

/** A file that an officer brought. */
export async function importBundle(file: File): Promise<BundleImport> {
  const response = await fetch('/api/v1/bundles', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/octet-stream' },
    body: file,
  }).catch(() => {
    throw new CollectorRefusal(unreachable)
  })
  const said: unknown = await response.json().catch(() => unreachable)
  if (!response.ok) throw new CollectorRefusal(said as FaultReply)
  return said as BundleImport
}

/** What goes back to a laptop, with the name that the collector gives it. */
export async function fetchDeviceBundle(deviceId: string): Promise<{ readonly file: Blob; readonly name: string }> {
  const response = await fetch(`/api/v1/devices/${encodeURIComponent(deviceId)}/bundle`, {
    headers: { Authorization: `Bearer ${token}` },
  }).catch(() => {
    throw new CollectorRefusal(unreachable)
  })
  if (!response.ok) throw new CollectorRefusal((await response.json().catch(() => unreachable)) as FaultReply)
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'answer.murram'
  return { file: await response.blob(), name }
}

/** Bytes of one file of a submission. */
export async function fileOf(instanceId: string, name: string): Promise<Blob> {
  const address = `/api/v1/submissions/${encodeURIComponent(instanceId)}/attachments/${encodeURIComponent(name)}`
  const response = await fetch(address, { headers: { Authorization: `Bearer ${token}` } }).catch(() => {
    throw new CollectorRefusal(unreachable)
  })
  if (response.ok) return response.blob()
  throw new CollectorRefusal((await response.json().catch(() => unreachable)) as FaultReply)
}

const ofSubmission = (instanceId: string, act: string) => `submissions/${encodeURIComponent(instanceId)}/${act}`

export interface ReviewRequest {
  readonly verdict: 'approve' | 'return' | 'restore'
  readonly comments: readonly ReviewComment[]
  /** The review that was on the page. */
  readonly seen: string | null
}
export const review = (instanceId: string, request: ReviewRequest) =>
  call<ReviewReply>('POST', ofSubmission(instanceId, 'review'), request)
/** Of a settlement, an alias or a review. */
export const undo = (instanceId: string) => call<ReviewReply>('POST', ofSubmission(instanceId, 'undo'))
/** What a reviewer found out about the household. `observedAt` is a date. */
export const sendOutcome = (
  instanceId: string,
  found: {
    readonly value: string
    readonly method: string
    readonly reviewer: string
    readonly observedAt: string
  },
) => call<unknown>('POST', ofSubmission(instanceId, 'outcome'), found)
export const foldAgain = (instanceId: string) => call<unknown>('POST', ofSubmission(instanceId, 'fold'))

const kinds: readonly LiveEvent['kind'][] = [
  'submissions',
  'review',
  'attachment',
  'device',
  'form',
  'outcomes',
  'run',
  'watch',
  'release',
  'install',
  'rollout',
]

/**
 * One stream for all that a page shows: a browser has six connections to one address, and a
 * stream keeps its own for good.
 */
const listeners = new Set<{ readonly on: readonly LiveEvent['kind'][]; readonly hear: () => void }>()
let stream: EventSource | undefined
function listen(on: readonly LiveEvent['kind'][], hear: () => void): () => void {
  const mine = { on, hear }
  listeners.add(mine)
  if (stream === undefined) {
    stream = new EventSource(`/api/v1/live?token=${encodeURIComponent(token)}`)
    for (const kind of kinds)
      stream.addEventListener(kind, () => {
        for (const listener of listeners) if (listener.on.includes(kind)) listener.hear()
      })
  }
  return () => {
    listeners.delete(mine)
    if (listeners.size > 0) return
    stream?.close()
    stream = undefined
  }
}

/**
 * What a route answers, asked again whenever the collector says that something of these kinds
 * has changed (at most twice a second: a batch of an officer is many changes).
 */
export function useLive<T>(path: () => string, on: readonly LiveEvent['kind'][] = kinds) {
  const value = ref(null) as Ref<T | null>
  const problem = ref<Trouble | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let stop = (): void => {}
  let asked = 0
  /** Of two questions asked at once, the later one's answer is shown. */
  const load = async () => {
    const mine = ++asked
    try {
      const answer = await call<T>('GET', path())
      if (mine !== asked) return
      value.value = answer
      problem.value = null
    } catch (error) {
      if (mine === asked) problem.value = troubleOf(error)
    }
  }
  const soon = () => (timer ??= setTimeout(() => void load().finally(() => (timer = undefined)), 500))
  onMounted(() => {
    void load()
    stop = listen(on, soon)
  })
  onBeforeUnmount(() => {
    stop()
    clearTimeout(timer)
  })
  return { value, problem, load }
}

export function when(atMs: number | null): string {
  if (atMs === null) return 'never'
  const minutes = Math.round((Date.now() - atMs) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  return minutes < 2880 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`
}

/** A day as it was written down: outcomes are dated by days of universal time. */
export const onDay = (atMs: number): string =>
  new Date(atMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
