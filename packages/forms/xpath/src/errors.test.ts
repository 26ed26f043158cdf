/** Faults are for who wrote the form: where it is, and what was expected or probably meant. */
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { parse } from './parse.ts'
import { treeOf } from './plain-tree.ts'

const refused = (source: string): { readonly at: unknown; readonly problem: unknown } => {
  const parsed = parse(source)
  return parsed.ok
    ? { at: 'accepted', problem: '' }
    : { at: parsed.error.data?.['at'], problem: parsed.error.data?.['problem'] }
}

describe('what cannot be read names the character and what is expected there', () => {
  test.each([
    ['a + ', 4, 'it ends too early; expected a value or a path'],
    ['a b', 2, 'unexpected "b"; expected an operator or the end'],
    ['a == b', 3, 'unexpected "="; "==" is no operator'],
    ['not(a', 5, '")" is missing: the "(" at character 4 is not closed'],
    ['if(a b, 1, 2)', 5, 'unexpected "b"; expected an operator or ")", which closes the "(" at character 3'],
    ['a[b = 1', 7, '"]" is missing: the "[" at character 2 is not closed'],
    ['a)', 1, 'unexpected ")": nothing was opened that it could close'],
    ["a 'x'", 2, "unexpected the text 'x'; expected an operator or the end"],
    ['selected(, 1)', 9, 'unexpected ","; expected a value or a path'],
    ['${age} > 5', 0, '${age} is a reference of an XLSForm; here the path of the question is needed'],
    ['$age > 5', 0, 'variables ($name) are not part of ODK XPath; use the path of the question'],
    ['a && b', 2, 'unexpected "&"; use "and"'],
    ['a % 2', 2, 'unexpected "%"; use "mod"'],
    ['a \u2264 2', 2, 'unexpected "\u2264"; use "<="'],
    ['a = \u2018x\u2019', 4, 'unexpected "\u2018"; use straight quotes (\')'],
    ['folowing::a', 0, 'there is no axis "folowing"; did you mean following::?'],
    ['a/concat(b)', 8, 'unexpected "(": concat() is no step of a path'],
    ["'it", 0, 'a text is not closed'],
  ])('%s', (source, at, problem) => expect(refused(source)).toEqual({ at, problem }))
})

describe('what cannot be run names the function, where it is, and what it takes', () => {
  const said = (source: string): unknown => {
    const compiled = compile(unwrap(parse(source)), treeOf(), source)
    return compiled.ok ? 'accepted' : [compiled.error.data?.['at'], compiled.error.detail?.slice(source.length + 2)]
  }
  test.each([
    ['1 + cuont(a)', 4, 'there is no function cuont(); did you mean count()?'],
    ['selected_at(a, 1)', 0, 'there is no function selected_at(); did you mean selected-at()?'],
    ['IF(a, 1, 2)', 0, 'there is no function IF(); did you mean if()?'],
    ['tody()', 0, 'there is no function tody(); did you mean today()?'],
    ['frobnicate(1)', 0, 'there is no function frobnicate()'],
    ['selected(a)', 0, 'selected() takes 2 arguments, not 1: selected(list, value)'],
    ['round()', 0, 'round() takes 1 to 2 arguments, not 0: round(number, places?)'],
    ['today(1)', 0, 'today() takes no arguments, not 1: today()'],
    ['join()', 0, 'join() takes at least 1 argument, not 0: join(separator, value*)'],
    [
      'weighted-checklist(1, 2, a)',
      0,
      'weighted-checklist() takes 2, 4, 6 … arguments, not 3: weighted-checklist(min, max, (value, weight)*)',
    ],
    ['coalesce(a, b, c)', 0, 'coalesce() takes 2 arguments, not 3: coalesce(first, second)'],
  ])('%s', (source, at, detail) => expect(said(source)).toEqual([at, detail]))

  test('a name that stands twice has no one place', () => {
    expect(said('cuont(a) + cuont(b)')).toEqual([undefined, 'there is no function cuont(); did you mean count()?'])
  })
})
