/** The built field app: files of one folder, and one page of it for every other address. */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { isMissing } from '../store/atomic-file.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
}

/** Nothing is fetched from elsewhere, and nobody frames the page. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

export async function fieldFile(
  fieldDir: string | undefined,
  pathname: string,
  first: 'index.html' | 'preview.html',
): Promise<Response> {
  if (fieldDir === undefined) return page('The agent is running. The field app was not built: run npm start once.', 200)
  const path = normalize(join(fieldDir, decoded(pathname)))
  const inside = path === normalize(fieldDir) || path.startsWith(normalize(fieldDir + sep))
  const wanted = inside && extname(path) !== '' ? path : join(fieldDir, first)
  try {
    const bytes = await readFile(wanted)
    return new Response(bytes, {
      headers: { ...HEADERS, 'Content-Type': TYPES[extname(wanted)] ?? 'application/octet-stream' },
    })
  } catch (error) {
    if (isMissing(error)) return page('There is nothing at this address.', 404)
    throw error
  }
}

const decoded = (pathname: string): string => {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return '/'
  }
}

const page = (text: string, status: number): Response =>
  new Response(`<!doctype html><title>Murram</title><p>${text}</p>`, {
    status,
    headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' },
  })
