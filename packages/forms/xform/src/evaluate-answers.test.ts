import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { createAnswersEvaluator } from './evaluate-answers.ts'
import { formOf } from './fixtures/forms.ts'

const form = formOf({
  instance: '<home><rooms/><people/><roof/></home><member jr:template=""><age/></member>',
  model:
    '<bind nodeset="/data/home/rooms" type="int"/><bind nodeset="/data/home/people" type="int"/><bind nodeset="/data/member/age" type="int"/>',
  body: '<input ref="/data/home/rooms"/><input ref="/data/home/people"/><input ref="/data/home/roof"/><repeat nodeset="/data/member"><input ref="/data/member/age"/></repeat>',
})
const evaluatorOf = (expressions: Readonly<Record<string, string>>) =>
  createAnswersEvaluator(
    form,
    Object.entries(expressions).map(([name, expression]) => ({ name, expression })),
  )
const answers = {
  'home/rooms': '2',
  'home/people': '7',
  'home/roof': 'thatch',
  'member[1]/age': '40',
  'member[2]/age': '8',
  'member[3]/age': '3',
}

test('questions are named as in the form; in a repeat the name is all of its answers', () => {
  const evaluate = unwrap(
    evaluatorOf({
      persons_per_room: '${people} div ${rooms}',
      poor_roof: "${roof} = 'thatch'",
      children: 'count(${age}[. < 18])',
      eldest: 'max(${age})',
      kind: "if(${people} > 5, 'large', 'small')",
    }),
  )
  expect(Object.fromEntries(evaluate(answers))).toEqual({
    persons_per_room: '3.5',
    poor_roof: 'true',
    children: '2',
    eldest: '40',
    kind: 'large',
  })
})

test('X2 nothing of one interview is left for the next, and what was not answered is blank', () => {
  const evaluate = unwrap(evaluatorOf({ persons_per_room: '${people} div ${rooms}', members: 'count(${age})' }))
  expect(evaluate(answers).get('members')).toBe('3')
  expect(Object.fromEntries(evaluate({ 'home/people': '4' }))).toEqual({ persons_per_room: '', members: '0' })
  expect(evaluate(answers).get('persons_per_room')).toBe('3.5')
})

test.each([
  ['X1 the clock', 'today()', 'today() says something else each time'],
  ['X1 chance', 'random() + ${rooms}', 'random()'],
  ['X3 a question that is not there', '${cattle} * 2', 'the form has no question cattle'],
  ['X3 what is no expression', '${rooms} div', 'div'],
  ['X3 a function that is not there', 'square(${rooms})', 'square'],
])('refused where it is written: %s', (_, expression, said) => {
  expect(evaluatorOf({ odd: expression })).toMatchObject({
    ok: false,
    error: { fault: 'recipe.invalid', detail: expect.stringContaining(said) as string },
  })
})
