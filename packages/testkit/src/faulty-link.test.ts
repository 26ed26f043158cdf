import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { seededRandom } from './seeded-random.ts'
import { startFaultyLink } from './faulty-link.ts'

/** Gives back what it gets. */
async function startEcho(): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Sends, half closes, and collects until the other side closes. */
const exchange = (port: number, sent: Buffer): Promise<{ readonly got: Buffer; readonly tookMs: number }> =>
  new Promise(resolve => {
    const startMs = performance.now()
    const pieces: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('data', piece => pieces.push(piece))
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.destroy())
    socket.on('close', () => resolve({ got: Buffer.concat(pieces), tookMs: performance.now() - startMs }))
    socket.end(sent)
  })

const noise = (sizeBytes: number): Buffer => {
  const random = seededRandom(sizeBytes)
  return Buffer.from(Array.from({ length: sizeBytes }, () => Math.floor(random() * 256)))
}

test('N1 bytes arrive unchanged and in order, however they are chopped', async () => {
  await using echo = await startEcho()
  await using link = await startFaultyLink({ targetPort: echo.port, seed: 1, faults: { latencyMs: 5, chopBytes: 137 } })
  const sent = noise(40_000)
  const { got } = await exchange(link.port, sent)
  expect(got.equals(sent)).toBe(true)
  expect(link.stats()).toEqual({ cuts: 0, connections: 1, bytesUp: 40_000, bytesDown: 40_000 })
})

test('a slow line takes as long as it must, and latency is paid both ways', async () => {
  await using echo = await startEcho()
  await using link = await startFaultyLink({
    targetPort: echo.port,
    seed: 1,
    faults: { bytesPerSecond: 50_000, latencyMs: 40 },
  })
  const { got, tookMs } = await exchange(link.port, noise(20_000))
  expect(got).toHaveLength(20_000)
  expect(tookMs).toBeGreaterThan(20_000 / 50 + 80 - 20)
  expect(tookMs).toBeLessThan(2_500)
})

test('N1 a cut loses what is on its way', async () => {
  await using echo = await startEcho()
  await using link = await startFaultyLink({
    targetPort: echo.port,
    seed: 7,
    faults: { bytesPerSecond: 20_000, cutEveryMs: [100, 150] },
  })
  const { got } = await exchange(link.port, noise(50_000))
  expect(got.length).toBeLessThan(50_000)
  expect(link.stats().cuts).toBe(1)
})

test('N2 while the link is down nobody gets through; afterwards they do', async () => {
  await using echo = await startEcho()
  await using link = await startFaultyLink({ targetPort: echo.port, seed: 1 })
  link.setUp(false)
  expect((await exchange(link.port, noise(100))).got).toHaveLength(0)
  link.setUp(true)
  expect((await exchange(link.port, noise(100))).got).toHaveLength(100)
})

test('faults may change while a connection is open', async () => {
  await using echo = await startEcho()
  await using link = await startFaultyLink({ targetPort: echo.port, seed: 3, faults: { bytesPerSecond: 10_000 } })
  const running = exchange(link.port, noise(100_000))
  await new Promise(resolve => setTimeout(resolve, 100))
  link.setFaults({ bytesPerSecond: 10_000, cutEveryMs: [10, 20] })
  expect((await running).got.length).toBeLessThan(100_000)
})
