/**
 * Where a collector may be reached: encrypted, or on this machine. Answers of households do
 * not cross a network that others can read, not even once and not even in a test.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

type AddressFault = FaultOf<'sync.insecure-address'>

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)

/**
 * `http` and `ws` mean the same host here, and so do their encrypted forms.
 *
 * @param speaks What the caller is about to do: enrolment posts, the session opens a socket.
 */
export function collectorAddress(address: string, speaks: 'http' | 'ws'): Result<URL, AddressFault> {
  if (!URL.canParse(address)) return err(fault('sync.insecure-address', `${address} is no address`))
  const url = new URL(address)
  const secure = url.protocol === 'https:' || url.protocol === 'wss:'
  if (!secure && url.protocol !== 'http:' && url.protocol !== 'ws:')
    return err(fault('sync.insecure-address', url.protocol))
  if (!secure && !isLoopback(url.hostname)) return err(fault('sync.insecure-address', url.host))
  // A URL refuses to change between http and ws through its `protocol`.
  return ok(new URL(url.href.replace(/^[a-z]+:/, `${speaks}${secure ? 's' : ''}:`)))
}
