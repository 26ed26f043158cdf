/**
 * The collector's API as the pages call it. The token comes once in the address, is kept for
 * this tab only and taken out of the address at once.
 */
import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import type { FaultReply, LiveEvent, OwnSubmission, SettleRequest } from '@murram/collector/api'

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

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/v1/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) {
    const { what, mend, detail } = (await response.json()) as FaultReply
    throw new Error(`${what}${detail === undefined ? '' : ` (${detail})`} ${mend}`)
  }
  return (await response.json()) as T
}

export const settle = (conflictId: string, choose: SettleRequest['choose']) =>
  call<OwnSubmission>('POST', `conflicts/${encodeURIComponent(conflictId)}/settle`, { choose })

const kinds: readonly LiveEvent['kind'][] = ['submissions', 'device', 'form', 'outcomes', 'run', 'release', 'install']

/**
 * What a route answers, asked again whenever the collector says that something of these kinds
 * has changed (at most twice a second: a batch of an officer is many changes).
 */
export function useLive<T>(path: () => string, on: readonly LiveEvent['kind'][] = kinds) {
  const value = ref(null) as Ref<T | null>
  const problem = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let stream: EventSource | undefined
  const load = async () => {
    try {
      value.value = await call<T>('GET', path())
      problem.value = ''
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error)
    }
  }
  const soon = () => (timer ??= setTimeout(() => void load().finally(() => (timer = undefined)), 500))
  onMounted(() => {
    void load()
    stream = new EventSource(`/api/v1/live?token=${encodeURIComponent(token)}`)
    for (const kind of on) stream.addEventListener(kind, soon)
  })
  onBeforeUnmount(() => {
    stream?.close()
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
