/**
 * The console's built page, from a folder. Files under `assets/` carry their hash in their
 * name and are kept for ever; any other address is the page itself, which routes by itself.
 */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { Hono } from 'hono'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.json': 'application/json',
  '.map': 'application/json',
}

export function pageRoutes(folder: string | undefined): Hono {
  const routes = new Hono()
  if (folder === undefined)
    return routes.get('/', c => c.text('Murram collector. The API is described at /docs; no console was built.\n'))

  return routes.get('/*', async (c, next) => {
    const inside = normalize(c.req.path).replace(/^[/\\]+/, '')
    const file = join(folder, inside)
    if (inside !== '' && !file.startsWith(join(folder, sep))) return next()
    const found = extname(inside) === '' ? undefined : await read(file)
    if (found === undefined && extname(inside) !== '') return next()
    const body = found ?? (await read(join(folder, 'index.html')))
    if (body === undefined) return next()
    return c.body(body, 200, {
      'Content-Type': contentTypes[found === undefined ? '.html' : extname(inside)] ?? 'application/octet-stream',
      'Cache-Control': inside.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
  })
}

const read = (file: string) =>
  readFile(file).then(
    bytes => new Uint8Array(bytes),
    () => undefined,
  )
