/** The laws PV1 to PV3 of `start-preview.ts`, over real HTTP. */
import { unwrap } from '@murram/ground'
import { compileXform } from '@murram/xform'
import { afterEach, expect, test } from 'vitest'
import { testForm, testFormXml } from '../test-house/test-form.ts'
import type { ChoicesJson, InterviewJson, PreviewFinishedJson, PreviewJson } from './api-types.ts'
import { startPreview, type Preview } from './start-preview.ts'

let preview: Preview
afterEach(() => preview.close())

async function begin(): Promise<void> {
  let made = 0
  preview = unwrap(
    await startPreview({
      fileName: 'household.xlsx',
      port: 0,
      now: Date.now,
      random: () => 0.5,
      uuid: () => `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}`,
    }),
  )
}

async function call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(`${preview.url}/api/${path}`, {
    method,
    headers: { Authorization: `Bearer ${preview.token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as T }
}

/** What the page is told first on its event stream. */
async function told(): Promise<PreviewJson> {
  const response = await fetch(`${preview.url}/api/live?token=${preview.token}`)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  for (let text = ''; ;) {
    const { value } = await reader.read()
    text += Buffer.from(value ?? []).toString('utf8')
    const data = /event: preview\ndata: (.*)\n\n/.exec(text)?.[1]
    if (data === undefined) continue
    await reader.cancel()
    return JSON.parse(data) as PreviewJson
  }
}

const interviewId = async (): Promise<string> => (await told()).interviewId ?? 'none'

test('PV1 a whole interview is finished and shown, and forgotten by the next', async () => {
  await begin()
  preview.show({ form: testForm(), findings: [] })
  const id = await interviewId()
  const early = await call<{ fault: string }>('POST', `interviews/${id}/finalise`)
  expect([early.status, early.body.fault]).toEqual([422, 'session.violations'])
  for (const [ref, value] of Object.entries({ name: 'Akello', roof: 'iron' }))
    expect((await call('POST', `interviews/${id}/answers`, { ref, value })).status).toBe(200)
  const { body } = await call<PreviewFinishedJson>('POST', `interviews/${id}/finalise`)
  expect(body.answers).toMatchObject({ name: 'Akello', roof: 'iron' })
  expect(body.xml).toContain('<roof>iron</roof>')
  const next = (await call<PreviewJson>('POST', 'preview/restart')).body.interviewId ?? 'none'
  expect((await call('GET', `interviews/${id}`)).status).toBe(404)
  expect((await call<InterviewJson>('GET', `interviews/${next}`)).body.questions.name?.value).toBe('')
})

test('PV2 a version with errors leaves the last good one on the screen and says what is wrong', async () => {
  await begin()
  preview.show({ form: null, findings: [{ severity: 'error', message: 'no survey' }] })
  expect(await told()).toMatchObject({ interviewId: null, isStale: false, findings: [{ message: 'no survey' }] })
  preview.show({ form: testForm(), findings: [] })
  const id = await interviewId()
  preview.show({
    form: null,
    findings: [{ severity: 'error', message: 'unknown type', sheet: 'survey', row: 4, column: 'type' }],
  })
  expect(await told()).toMatchObject({ interviewId: id, isStale: true, findings: [{ row: 4, column: 'type' }] })
  expect((await call('GET', `interviews/${id}`)).status).toBe(200)
})

test('PV3 a new version keeps the answers that it still asks for', async () => {
  await begin()
  preview.show({ form: testForm('1'), findings: [] })
  const first = await interviewId()
  await call('POST', `interviews/${first}/answers`, { ref: 'name', value: 'Akello' })
  await call('POST', `interviews/${first}/answers`, { ref: 'comment', value: 'by the river' })
  await call('POST', `interviews/${first}/repeats`, { ref: 'roster' })
  await call('POST', `interviews/${first}/answers`, { ref: 'roster[1]/person', value: 'Opio' })
  const withoutComment = testFormXml('2')
    .replace('<comment/>', '')
    .replace('<bind nodeset="/data/comment" type="string"/>', '')
    .replace('<input ref="/data/comment"><label>Anything else</label></input>', '')
  preview.show({ form: unwrap(compileXform(withoutComment)), findings: [] })
  const second = await interviewId()
  expect(second).not.toBe(first)
  const { questions, version } = (await call<InterviewJson>('GET', `interviews/${second}`)).body
  expect(version).toBe('2')
  expect([questions.name?.value, questions['roster[1]/person']?.value, questions.comment]).toEqual([
    'Akello',
    'Opio',
    undefined,
  ])
})

test('nobody without the token sees the form', async () => {
  await begin()
  expect((await fetch(`${preview.url}/api/live`)).status).toBe(401)
})

test('a list of more than a hundred choices is not sent with each answer: it is searched, and what is chosen is there', async () => {
  await begin()
  const items = Array.from({ length: 150 }, (_, i) => `<item><value>v${i}</value><label>Place ${i}</label></item>`)
  const form = unwrap(
    compileXform(
      `<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>T</h:title><model><instance><data id="t" version="1"><place/></data></instance></model></h:head><h:body><select1 ref="/data/place">${items.join('')}</select1></h:body></h:html>`,
    ),
  )
  preview.show({ form, findings: [] })
  const id = await interviewId()
  const place = async () => (await call<InterviewJson>('GET', `interviews/${id}`)).body.questions['place']
  expect(await place()).toMatchObject({ choices: [], choiceCount: 150 })
  const found = await call<ChoicesJson>('GET', `interviews/${id}/choices?ref=place&q=pla%2014`)
  expect(found.body).toMatchObject({
    total: 11,
    choices: expect.arrayContaining([{ value: 'v149', label: 'Place 149' }]),
  })
  await call('POST', `interviews/${id}/answers`, { ref: 'place', value: 'v149' })
  expect(await place()).toMatchObject({ choices: [{ value: 'v149' }], choiceCount: 150 })
  expect((await call('GET', `interviews/${id}/choices?ref=nowhere`)).status).toBe(404)
})
