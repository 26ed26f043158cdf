/**
 * `GET /api/live`: every view as server-sent events, by name. A change that sync pulled
 * reaches an open page as it is written; nothing is polled.
 */
import type { Observable, Subscription } from 'rxjs'

/** A comment now and then: proxies and sleeping laptops drop what is silent. */
const BEAT_MS = 20_000

export function liveStream(
  views: Readonly<Record<string, Observable<unknown>>>,
  onOpen: (close: () => void) => void,
  onClose: (close: () => void) => void,
): Response {
  const encoder = new TextEncoder()
  let stop = (): void => {}
  const body = new ReadableStream<Uint8Array>({
    start: controller => {
      const write = (text: string): void => controller.enqueue(encoder.encode(text))
      const subscriptions: Subscription[] = []
      const beat = setInterval(() => write(': here\n\n'), BEAT_MS)
      stop = () => {
        clearInterval(beat)
        for (const subscription of subscriptions) subscription.unsubscribe()
        onClose(end)
      }
      const end = (): void => {
        stop()
        controller.close()
      }
      onOpen(end)
      write('retry: 1000\n\n')
      for (const [name, view] of Object.entries(views))
        subscriptions.push(view.subscribe(value => write(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`)))
    },
    cancel: () => stop(),
  })
  return new Response(body, {
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  })
}
