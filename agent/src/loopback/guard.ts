/**
 * Who may speak to the agent: a page that was given the token, at the address that we gave.
 *
 * G1 the Host must be 127.0.0.1 or localhost at our port: a name of a stranger's that points
 *    here (DNS rebinding) is turned away
 * G2 every API call carries the token; only the event stream may carry it in the address,
 *    because a browser's EventSource sends no headers
 */
import { timingSafeEqual } from 'node:crypto'
import { fault, type FaultOf } from '@murram/ground'

export function refusalOf(request: Request, port: number, token: string): FaultOf<'http.unauthorised'> | null {
  const host = request.headers.get('host') ?? ''
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return fault('http.unauthorised', 'another host')
  const url = new URL(request.url)
  if (!url.pathname.startsWith('/api/')) return null
  const header = request.headers.get('authorization') ?? ''
  const inAddress = request.method === 'GET' && url.pathname === '/api/live' ? url.searchParams.get('token') : null
  const given = inAddress ?? header.replace(/^Bearer /, '')
  return isSame(given, token) ? null : fault('http.unauthorised')
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}
