/** A form comes from outside: whatever it holds, the answer is a form or a fault, and soon. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { householdXml, xformOf } from './fixtures/forms.ts'
import { compileXform, loadProgram } from './open-form.ts'

const FAULTS: ReadonlySet<string> = new Set([
  'form.xml-malformed',
  'form.invalid',
  'xform.cycle',
  'xpath.syntax',
  'xpath.unknown-function',
])

const faultOf = (xml: string): string => {
  const compiled = compileXform(xml)
  return compiled.ok ? 'none' : compiled.error.fault
}

test('a form with pieces cut out, doubled or swapped is a form or a fault', () => {
  const pieces = householdXml().split('\n')
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          at: fc.nat(pieces.length - 1),
          to: fc.nat(pieces.length - 1),
          what: fc.constantFrom('cut', 'double', 'swap'),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      changes => {
        const changed = [...pieces]
        for (const { at, to, what } of changes)
          if (what === 'cut') changed.splice(at, 1)
          else if (what === 'double') changed.splice(to, 0, changed[at] ?? '')
          else [changed[at], changed[to]] = [changed[to] ?? '', changed[at] ?? '']
        const fault = faultOf(changed.join('\n'))
        expect(fault === 'none' || FAULTS.has(fault)).toBe(true)
      },
    ),
    { numRuns: 150, seed: 5 },
  )
})

test('ill-formed XML, entity expansion and endless nesting are refused', () => {
  expect(faultOf('')).toBe('form.xml-malformed')
  expect(faultOf('<a><b></a>')).toBe('form.xml-malformed')
  expect(faultOf('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')).toBe('form.xml-malformed')
  expect(faultOf('<a>'.repeat(100_000))).toBe('form.xml-malformed')
  expect(faultOf('<a/>')).toBe('form.invalid')
})

test('what does not fit together is named', () => {
  const named = (parts: Parameters<typeof xformOf>[0]): string => {
    const compiled = compileXform(xformOf(parts))
    return compiled.ok ? '' : (compiled.error.detail ?? '')
  }
  expect(named({ instance: '<a/>', body: '<input ref="/data/c"/>' })).toContain('/data/c')
  expect(
    named({ instance: '<a/>', model: '<bind nodeset="/data/a" type="int"/><bind nodeset="/data/a" type="date"/>' }),
  ).toContain('two binds')
  const circle =
    '<bind nodeset="/data/a" calculate="/data/b"/><bind nodeset="/data/b" relevant="/data/c = 1"/><bind nodeset="/data/c" calculate="/data/a"/>'
  expect(named({ instance: '<a/><b/><c/>', model: circle })).toMatch(/a.*b|b.*c|c.*a/)
})

test('what is no program is refused', () => {
  for (const program of [null, 7, {}, { format: 2, nodes: [], steps: [] }, { format: 2, nodes: 1, steps: 1 }])
    expect(loadProgram(program)).toMatchObject({ ok: false, error: { fault: 'form.invalid' } })
})
