/** As much as the sync benchmark calls of peers that ship no types. */
declare module 'pouchdb' {
  interface Replication {
    on(event: 'paused', listener: (error?: unknown) => void): void
    on(event: 'error', listener: (error: Error) => void): void
    cancel(): void
  }
  interface Database {
    bulkDocs(documents: readonly object[]): Promise<unknown>
    info(): Promise<{ readonly doc_count: number }>
    close(): Promise<void>
    readonly replicate: {
      to(
        address: string,
        options: { readonly batch_size: number; readonly live: boolean; readonly retry: boolean },
      ): Replication
    }
  }
  interface PouchDb {
    new (name: string): Database
    defaults(options: { readonly prefix: string }): PouchDb
  }
  const PouchDB: PouchDb
  export default PouchDB
}

declare module 'express' {
  import type { RequestListener, Server } from 'node:http'
  interface App {
    use(path: string, handler: RequestListener): void
    listen(port: number, host: string, listening: () => void): Server
  }
  const express: () => App
  export default express
}

declare module 'express-pouchdb' {
  import type { RequestListener } from 'node:http'
  const expressPouchDb: (pouchdb: object, options: object) => RequestListener
  export default expressPouchDb
}
