/**
 * What the benchmarks of the wire and of sync send: interviews of some sixty answers (1.5 kB as
 * JSON) with their assessment, and ODK Central's soak record of 250 numbers. The same seed makes
 * the same answers. Here too is the form that asks them, made from an interview.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { submissionDigest, type Stamp, type Submission } from '@murram/fold'
import type { DeviceId, FormId, InstanceId, StoreId } from '@murram/ground'
import { seededRandom } from '@murram/testkit'

export const FORM_ID = 'household' as FormId
export const FORM_VERSION = '2026-11-01'

const uuid = (): string => {
  const h = randomBytes(16).toString('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`
}

export interface MakeOptions {
  readonly count: number
  readonly seed: number
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  readonly withAudit?: boolean
  readonly assessed?: 'none' | 'rounded' | 'exact'
  /** The first interview began then. */
  readonly startMs?: number
}

/** Submissions 1, 2, 3 … of one store, sealed. */
export function makeSubmissions(options: MakeOptions): Submission[] {
  const { count, seed, deviceId, storeId, withAudit = false, assessed = 'rounded' } = options
  const random = seededRandom(seed)
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T
  const whole = (low: number, high: number): string => String(low + Math.floor(random() * (high - low + 1)))
  const yesNo = (share: number): string => (random() < share ? 'yes' : 'no')
  const some = (share: number, ...choices: readonly string[]): string =>
    choices.filter(() => random() < share).join(' ')

  function interview(startMs: number, instanceId: string): Record<string, string> {
    const members = Number(whole(1, 7))
    const answers: Record<string, string> = {
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + 600_000 + random() * 1_500_000).toISOString(),
      today: new Date(startMs).toISOString().slice(0, 10),
      deviceid: deviceId,
      'meta/instanceID': instanceId,
      'meta/entity@id': uuid(),
      'meta/entity@create': '1',
      'meta/entity/label': `${pick('Achieng', 'Otieno', 'Wanjiru', 'Mwangi', 'Nafula')} (${whole(1, 900)})`,
      'place/county': pick('kisumu', 'siaya', 'busia'),
      'place/ward': pick('kaloleni', 'nyalenda', 'manyatta', 'kondele', 'railways'),
      'place/village': pick('kogelo', 'rabuor', 'ahero', 'maseno', 'kombewa', 'bondo'),
      'place/point': `${(-0.1 + random() / 50).toFixed(6)} ${(34.7 + random() / 50).toFixed(6)} 1131.0 ${whole(3, 12)}.0`,
      'head/name': `${pick('Grace', 'John', 'Mary', 'Peter', 'Rose')} ${pick('Achieng', 'Otieno', 'Wanjiru', 'Mwangi')}`,
      'head/sex': pick('female', 'male'),
      'head/age': whole(18, 85),
      'head/education': pick('none', 'primary', 'secondary', 'tertiary'),
      'head/work': pick('farmer', 'trader', 'casual', 'employed', 'none'),
      'head/phone': `07${whole(10_000_000, 99_999_999)}`,
      'head/consent': 'yes',
      'dwelling/roof': pick('iron', 'tile', 'thatch'),
      'dwelling/wall': pick('mud', 'brick', 'wood', 'stone'),
      'dwelling/floor': pick('earth', 'cement', 'tile'),
      'dwelling/rooms': whole(1, 5),
      'dwelling/owned': yesNo(0.7),
      'water/source': pick('borehole', 'river', 'tap', 'rain', 'vendor'),
      'water/minutes': whole(1, 90),
      'water/treated': yesNo(0.5),
      'sanitation/toilet': pick('latrine', 'flush', 'none', 'shared'),
      'energy/light': pick('solar', 'grid', 'lamp', 'none'),
      'energy/cooking': pick('wood', 'charcoal', 'gas'),
      'assets/owned': some(0.4, 'radio', 'phone', 'bicycle', 'motorbike', 'tv', 'fridge', 'bed', 'net'),
      'assets/land': (random() * 4).toFixed(1),
      'assets/cattle': whole(0, 6),
      'assets/goats': whole(0, 9),
      'assets/poultry': whole(0, 30),
      'food/meals': whole(1, 3),
      'food/groups': some(0.5, 'cereal', 'roots', 'pulses', 'vegetables', 'fruit', 'meat', 'fish', 'eggs', 'milk'),
      'food/worried': yesNo(0.4),
      'food/hungry': yesNo(0.15),
      'food/borrowed': whole(0, 7),
      'health/ill': yesNo(0.3),
      'health/clinic_minutes': whole(5, 180),
      'health/insured': yesNo(0.25),
      'shock/any': yesNo(0.5),
      'shock/kinds': some(0.3, 'drought', 'flood', 'illness', 'death', 'job', 'price'),
      'income/month': whole(20, 400) + '00',
      'income/sources': some(0.4, 'crops', 'livestock', 'trade', 'wages', 'remittance', 'aid'),
      'income/savings': yesNo(0.35),
      'income/debt': whole(0, 90) + '00',
      members: String(members),
      dependency: (random() * 2).toFixed(2),
      remark: random() < 0.2 ? pick('Revisit in June, the head was away.', 'Difficult road after rain.', '') : '',
    }
    for (let i = 1; i <= Math.min(members, 4); i += 1) {
      answers[`roster[${i}]/age`] = whole(0, 70)
      answers[`roster[${i}]/sex`] = pick('female', 'male')
      answers[`roster[${i}]/school`] = yesNo(0.6)
    }
    return answers
  }

  function audit(answers: Record<string, string>, startMs: number): string {
    let atMs = startMs
    const lines = Object.entries(answers).map(([ref, value]) => {
      const fromMs = atMs
      atMs += Math.floor(2_000 + random() * 15_000)
      return `question,/data/${ref},${fromMs},${atMs},,${value}`
    })
    return ['event,node,start,end,old-value,new-value', ...lines].join('\n')
  }

  const logit = (digits: number): number => Number(random().toFixed(digits))
  const digits = assessed === 'exact' ? 17 : 4
  const assessment = (): Record<string, unknown> => {
    const probability = logit(digits)
    return {
      releaseId: 'vulnerability-1795000000',
      counter: 1_795_000_000,
      label: probability > 0.5 ? 'vulnerable' : 'stable',
      probability,
      probabilities: [Number((1 - probability).toFixed(digits)), probability],
      sure: random() < 0.8,
      reasons: ['dwelling/roof', 'income/month', 'food/meals'].map(input => ({ input, contribution: logit(digits) })),
      missing: random() < 0.2 ? ['income/debt'] : [],
    }
  }

  let atMs = options.startMs ?? 1_795_000_000_000
  return Array.from({ length: count }, (_, i) => {
    atMs += Math.floor(1_200_000 + random() * 2_000_000)
    const instanceId = `uuid:${uuid()}` as InstanceId
    const answers = interview(atMs, instanceId)
    return seal({
      ...bare(i + 1, instanceId, atMs, { deviceId, storeId }),
      formId: FORM_ID,
      version: FORM_VERSION,
      answers,
      audit: withAudit ? audit(answers, atMs) : null,
      assessment: assessed === 'none' ? null : assessment(),
    })
  })
}

const bare = (n: number, instanceId: InstanceId, atMs: number, from: Pick<Submission, 'deviceId' | 'storeId'>) => ({
  ...from,
  n,
  instanceId,
  stamp: `${atMs.toString(16).padStart(12, '0')}-0000-${from.deviceId.slice(0, 8)}` as Stamp,
  audit: null,
  assessment: null,
  attachments: [],
  base: {},
  deprecatedId: null,
  salt: randomBytes(16).toString('base64url'),
})

const seal = (submission: Omit<Submission, 'digest'>): Submission => ({
  ...submission,
  digest: submissionDigest(submission),
})

const SOAK = new URL('../../shared/forms/', import.meta.url)
/** `undefined` where the records are not at hand. */
export function soakFormXml(): string | undefined {
  try {
    return readFileSync(new URL('soak-250q-form.xml', SOAK), 'utf8')
  } catch {
    return undefined
  }
}

/** The template's 250 numbers, each up to a million. */
export function makeSoakSubmissions({ count, seed, deviceId, storeId }: MakeOptions): Submission[] {
  const template = readFileSync(new URL('soak-250q-submission.template.xml', SOAK), 'utf8')
  const questions = [...template.matchAll(/<(q\d+)>\{\{randInt\}\}/g)].flatMap(([, name]) => name ?? [])
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const instanceId = `uuid:${uuid()}` as InstanceId
    const numbers = questions.map(name => [name, String(Math.floor(random() * 1_000_000))])
    return seal({
      ...bare(i + 1, instanceId, 1_795_000_000_000 + i * 1_000, { deviceId, storeId }),
      formId: '250_questions' as FormId,
      version: '',
      answers: { 'meta/instanceID': instanceId, ...(Object.fromEntries(numbers) as Record<string, string>) },
    })
  })
}

/** What a household keeps of an interview. */
const SAVED = ['head/name', 'head/sex', 'head/age', 'head/phone', 'place/ward', 'place/village', 'dwelling/roof']
const SAVED_TOO = ['dwelling/rooms', 'water/source', 'income/month', 'members', 'food/meals']

/** What the form's entity is told by an interview. */
export function entityOf({ answers }: Submission) {
  const set = [...SAVED, ...SAVED_TOO].map(path => [path.split('/').at(-1), answers[path] ?? ''])
  return {
    dataset: 'households',
    entityId: answers['meta/entity@id'] ?? '',
    label: answers['meta/entity/label'] ?? '',
    set: Object.fromEntries(set) as Record<string, string>,
  }
}

interface Node {
  readonly children: Map<string, Node>
}

/** The XForm that asks the interviews' questions and folds each into a household. */
export function formXml(): string {
  const [sample] = makeSubmissions({
    count: 1,
    seed: 1,
    deviceId: '0'.repeat(32) as DeviceId,
    storeId: '0'.repeat(32) as StoreId,
  })
  const paths = [
    ...Object.keys(sample?.answers ?? {}).filter(path => !path.startsWith('meta/') && !path.startsWith('roster')),
    'roster/age',
    'roster/sex',
    'roster/school',
  ]
  const root: Node = { children: new Map() }
  for (const path of paths) {
    let node = root
    for (const name of path.split('/')) {
      const next: Node = node.children.get(name) ?? { children: new Map() }
      node.children.set(name, next)
      node = next
    }
  }
  const instanceOf = (node: Node): string =>
    [...node.children]
      .map(([name, child]) => {
        const repeat = name === 'roster' ? ' jr:template=""' : ''
        return child.children.size === 0 ? `<${name}/>` : `<${name}${repeat}>${instanceOf(child)}</${name}>`
      })
      .join('')
  const saved = new Set([...SAVED, ...SAVED_TOO])
  const binds = paths.map(path => {
    const save = saved.has(path) ? ` entities:saveto="${path.split('/').at(-1)}"` : ''
    return `<bind nodeset="/data/${path}" type="string"${save}/>`
  })
  const ask = (path: string): string => `<input ref="/data/${path}"><label>${path}</label></input>`
  const asked = paths.filter(path => !path.startsWith('roster/')).map(ask)
  const roster = paths.filter(path => path.startsWith('roster/')).map(ask)
  return `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
        xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head><h:title>Household</h:title>
    <model entities:entities-version="2024.1.0">
      <instance><data id="${FORM_ID}" version="${FORM_VERSION}">${instanceOf(root)}<meta><instanceID/>
        <entity dataset="households" id="" create="1"><label/></entity></meta></data></instance>
      ${binds.join('\n      ')}
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
      <bind nodeset="/data/meta/entity/@id" type="string" readonly="true()"/>
      <bind nodeset="/data/meta/entity/label" type="string" calculate="/data/head/name"/>
    </model>
  </h:head>
  <h:body>${asked.join('')}<group ref="/data/roster"><label>Roster</label><repeat nodeset="/data/roster">${roster.join('')}</repeat></group></h:body>
</h:html>`
}
