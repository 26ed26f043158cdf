/** What the central team does in the walk: the collector's HTTP API with their token. */

export interface Central {
  readonly url: string
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  /** A file or text as it is. */
  send<T>(path: string, contentType: string, body: Uint8Array | string, method?: 'POST' | 'PUT'): Promise<T>
}

export function createCentral(url: string, adminToken: string): Central {
  const call = async <T>(
    method: string,
    path: string,
    contentType?: string,
    body?: Uint8Array | string,
  ): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${adminToken}`,
        ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Blob([new Uint8Array(body)]) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  return {
    url,
    get: path => call('GET', path),
    post: (path, body) => call('POST', path, 'application/json', JSON.stringify(body)),
    send: (path, contentType, body, method = 'POST') => call(method, path, contentType, body),
  }
}
