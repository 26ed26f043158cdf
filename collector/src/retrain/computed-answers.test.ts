import { unwrap } from '@murram/ground'
import { compileXform } from '@murram/xform'
import { expect, test } from 'vitest'
import { computedAnswers } from './computed-answers.ts'
import { freezeRows, thawRows } from './snapshot.ts'
import { UNPLANNED } from './test-house.ts'

const household = unwrap(
  compileXform(`<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head><h:title>h</h:title><model><instance><data id="household" version="1"><cattle/><meta><instanceID/></meta></data></instance>
  <bind nodeset="/data/cattle" type="int"/></model></h:head><h:body><input ref="/data/cattle"/></h:body></h:html>`),
)
const doubled = { name: 'doubled', kind: 'number', expression: '${cattle} * 2' } as const

test('what an expression says reaches the trainer as any other answer, by the version that was asked', async () => {
  const answers = computedAnswers([doubled], async version => (version === '1' ? household : null))
  const row = { instanceId: 'uuid:1' as never, household: 'a', value: 'no', ...UNPLANNED }
  const visits = [
    { ...row, version: '1', answers: await answers('1', { cattle: '21' }) },
    // A version that is not here computes nothing: to the model it was not answered.
    { ...row, instanceId: 'uuid:2' as never, version: '2', answers: await answers('2', { cattle: '21' }) },
  ]
  const asked = { '1': ['cattle'], '2': ['cattle'] }
  const order = { asked, modelName: 'm', formId: 'f', classes: ['no', 'yes'], inputs: [doubled], championInputs: [] }
  const frozen = freezeRows({ ...order, classes: ['no', 'yes'] }, visits)
  expect(frozen.inputs).toEqual([doubled])
  expect(thawRows(frozen).table.columns).toEqual([
    { name: 'doubled', kind: 'number', values: Float32Array.of(42, Number.NaN) },
  ])
})
