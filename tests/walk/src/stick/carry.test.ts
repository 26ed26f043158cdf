/**
 * A colleague's laptop carries sealed work to the centre, and the centre's answer back.
 *
 *   CY1 handed over is not sent; only the centre's signed answer marks it
 *   CY2 a carrier takes nothing unsigned, of another project, too large, or without its code
 *   CY3 handed over twice, by two carriers and by the author's own link: each interview once
 *   CY5 while the carrier has a link, what comes goes to the centre at once, and the carrier is told of it
 *   CY4 a sealed copy travels along, is kept at the carrier and at the centre, and opens again
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { headlessKey, restoreCopy, type CarryNews } from '@murram/agent'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLaptop, openStickHouse, save, type StickHouse } from './stick-house.ts'

let house: StickHouse
beforeAll(async () => {
  house = await openStickHouse('carried')
})
afterAll(() => house.close())

const held = async (prefix: string) => (await house.names()).filter(name => name.startsWith(prefix))
const HERE = { host: '127.0.0.1', port: 0 }

test('CY1 CY3 from hand to hand and back, twice', async () => {
  await using author = await house.laptop('Kato')
  await using carrier = await house.laptop('Lubega')
  for (let i = 0; i < 12; i += 1) await save(author.agent, `k-${String(i).padStart(2, '0')}`)
  const door = unwrap(await carrier.agent.carry.listen(HERE))
  const to = { url: door.urls[0] ?? '', code: door.code }
  expect(to.code).toMatch(/^\d{6}$/)
  expect(unwrap(await author.agent.carry.handOver(to))).toMatchObject({
    officer: 'Lubega',
    submissions: 12,
    answers: [],
  })
  expect(author.agent.queue.summary()).toMatchObject({ waiting: 12, sent: 0 })
  // Once more before the carrier was anywhere: it is another file, and the same interviews.
  unwrap(await author.agent.carry.handOver(to))
  expect(await held('k-')).toEqual([])

  unwrap(await carrier.agent.sync.syncOnce())
  await expect.poll(() => carrier.agent.carry.deliver(), { timeout: 20_000 }).toMatchObject({ waiting: 0, refused: 0 })
  expect(await held('k-')).toHaveLength(12)
  expect(author.agent.queue.summary()).toMatchObject({ waiting: 12, sent: 0 })

  await house.publish('2')
  const back = unwrap(await author.agent.carry.handOver(to))
  expect(back.answers.map(({ receipted }) => receipted)).toEqual([12, 0])
  expect(author.agent.queue.summary()).toMatchObject({ waiting: 0, sent: 12 })
  expect(back.submissions).toBe(0)
  expect(await author.agent.mirror.all('entity')).toHaveLength(12)
  unwrap(await author.agent.sync.syncOnce())
  expect(await held('k-')).toHaveLength(12)
  await door.close()
})

test('CY5 a carrier that has a link already delivers what comes, and says so', async () => {
  await using author = await house.laptop('Nantale')
  await using carrier = await house.laptop('Odongo')
  await save(author.agent, 'link-0')
  unwrap(carrier.agent.sync.start())
  await expect
    .poll(() => house.get('/devices').then(({ body }) => JSON.stringify(body)), { timeout: 20_000 })
    .toMatch(/"officer":"Odongo"[^}]*"connected":true/)
  const told: CarryNews[] = []
  const door = unwrap(await carrier.agent.carry.listen(HERE, news => void told.push(news)))
  unwrap(await author.agent.carry.handOver({ url: door.urls[0] ?? '', code: door.code }))
  await expect.poll(() => held('link-'), { timeout: 20_000 }).toEqual(['link-0'])
  await expect
    .poll(() => told, { timeout: 20_000 })
    .toMatchObject([
      { kind: 'taken', officer: 'Nantale', submissions: 1 },
      { kind: 'delivered', delivered: 1, refused: 0, waiting: 0, fault: null },
    ])
  await door.close()
})

test('CY2 the wrong code, a stranger, and a file that is no file of a device', async () => {
  await using carrier = await house.laptop('Moses')
  const door = unwrap(await carrier.agent.carry.listen(HERE))
  const url = door.urls[0] ?? ''
  await using author = await house.laptop('Nakato')
  await save(author.agent, 'n-0')
  const wrong = door.code === '000000' ? '000001' : '000000'
  expect(await author.agent.carry.handOver({ url, code: wrong })).toMatchObject({
    error: { fault: 'carry.wrong-code' },
  })
  const post = async (body: Uint8Array<ArrayBuffer>) => {
    const reply = await fetch(`${url}/carry/bundles`, { method: 'POST', body, headers: { 'x-murram-code': door.code } })
    return ((await reply.json()) as { fault?: string }).fault
  }
  expect(await post(new Uint8Array(5_000))).toBe('carry.unreadable')
  const own = unwrap(await author.agent.bundles.exportTo(join(house.stick, 'n.murram'), 'unsent')).path
  const forged = Buffer.from(readFileSync(own))
  forged.write('"lastN":9', forged.indexOf('"lastN":1'))
  expect(await post(Uint8Array.from(forged))).toBe('sync.bad-signature')
  const back = await house.giveBack(author.agent.enrolment.deviceId)
  expect(await post(Uint8Array.from(readFileSync(back)))).toBe('carry.wrong-device')
  expect(
    readdirSync(join(carrier.dataDir, 'carried'), { recursive: true }).filter(name => String(name).endsWith('.murram')),
  ).toEqual([])
  // After ten wrong codes the right one is not heard either, for a while.
  for (let i = 0; i < 10; i += 1) await author.agent.carry.handOver({ url, code: wrong })
  expect(await author.agent.carry.handOver({ url, code: door.code })).toMatchObject({
    error: { fault: 'carry.wrong-code' },
  })
  await door.close()
  expect(await author.agent.carry.handOver({ url, code: door.code })).toMatchObject({
    error: { fault: 'carry.nobody' },
  })
  expect(author.agent.queue.summary().waiting).toBe(1)
})

test('CY3 what the centre cannot read stays with its carrier, and the rest goes on', async () => {
  await using carrier = await house.laptop('Okello')
  await using author = await house.laptop('Peace')
  await save(author.agent, 'p-0')
  const door = unwrap(await carrier.agent.carry.listen(HERE))
  unwrap(await author.agent.carry.handOver({ url: door.urls[0] ?? '', code: door.code }))
  await door.close()
  const out = join(carrier.dataDir, 'carried', 'out')
  writeFileSync(join(out, `${'0'.repeat(64)}.murram`), 'not a file of anybody')
  const told = await carrier.agent.carry.deliver()
  expect(told).toMatchObject({ delivered: 1, refused: 1, waiting: 0, fault: null })
  expect(readdirSync(out)).toEqual([`${'0'.repeat(64)}.murram.refused`])
  expect(await held('p-')).toEqual(['p-0'])
})

test('CY4 a sealed copy goes along to the carrier and is kept at the centre; both open again', async () => {
  const passphrase = 'kept by a friend'
  await using carrier = await house.laptop('Ruth')
  const author = await house.laptop('Sanyu')
  unwrap(await author.agent.copies.add(join(house.folder, 'own disk'), { passphrase }))
  await save(author.agent, 's-0')
  const door = unwrap(await carrier.agent.carry.listen(HERE))
  const handed = unwrap(await author.agent.carry.handOver({ url: door.urls[0] ?? '', code: door.code }))
  expect(handed.withCopy).toBe(true)
  await door.close()
  author.agent.carry.keepAtCentre(true)
  expect(await author.agent.carry.deliver()).toMatchObject({ fault: null })
  const { deviceId } = author.agent.enrolment
  await author.agent.close()

  const atCarrier = join(carrier.dataDir, 'carried', 'copies', deviceId)
  const fromCarrier = join(atCarrier, readdirSync(atCarrier)[0] ?? '')
  const reply = await fetch(`${house.collector.url}/api/v1/devices/${deviceId}/copy`, {
    headers: { Authorization: 'Bearer stick-admin-token' },
  })
  expect(reply.status).toBe(200)
  const fromCentre = join(house.stick, 'copy.murram')
  writeFileSync(fromCentre, new Uint8Array(await reply.arrayBuffer()))
  for (const [i, from] of [fromCarrier, fromCentre].entries()) {
    const dataDir = join(house.folder, `sanyu-${i}`)
    const keyPath = join(house.folder, `sanyu-${i}.key`)
    const key = { kind: 'key-file', path: keyPath } as const
    unwrap(await restoreCopy({ from, dataDir, opener: headlessKey('', { passphrase }), key, now: Date.now }))
    await using restored = await openLaptop(dataDir, keyPath)
    expect(restored.agent.queue.summary().waiting).toBe(1)
    unwrap(await restored.agent.sync.syncOnce())
    expect(await held('s-')).toEqual(['s-0'])
  }
})
