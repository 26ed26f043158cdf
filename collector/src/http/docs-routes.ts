/** The description of the API, made from the routes themselves, and a page to read it on. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { Hono } from 'hono'

const swaggerFiles: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Murram collector: API</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="api"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>`

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true })`

export function docsRoutes(app: OpenAPIHono): Hono {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  return new Hono()
    .get('/openapi.json', c =>
      c.json(
        app.getOpenAPI31Document({
          openapi: '3.1.0',
          info: { title: 'Murram collector', version: '1', description: 'Merge, learn, release.' },
          security: [{ admin: [] }],
        }),
      ),
    )
    .get('/docs', c => c.html(page))
    .get('/docs/start.js', c => c.body(startScript, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }))
    .get('/docs/:file', async (c, next) => {
      const file = c.req.param('file')
      const contentType = swaggerFiles[file]
      if (contentType === undefined) return next()
      return c.body(await readFile(join(folder, file)), 200, { 'Content-Type': contentType })
    })
}
