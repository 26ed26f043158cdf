/**
 * `murram`: thin verbs over the rooms. Each verb is a file of `commands/`; its module is
 * loaded only when it is called, so that `--help` is there at once.
 *
 * Exit: 0 all good · 1 the answer is no (a bad form, work that waits) · 2 wrong use, or the
 * work could not be done.
 */
import { fault } from '@murram/ground'
import { Command, CommanderError, type Option } from 'commander'
import { print, sayFault } from './print.ts'
import { addAgentVerbs } from './verbs/agent-verbs.ts'
import { addCollectorVerbs } from './verbs/collector-verbs.ts'
import { addFormVerbs } from './verbs/form-verbs.ts'
import { addKeyVerbs } from './verbs/key-verbs.ts'
import { addModelVerbs } from './verbs/model-verbs.ts'
import { addOutcomesVerbs } from './verbs/outcomes-verbs.ts'

const program = new Command('murram')
  .description('Offline-first surveys that learn: officers’ laptops, the central team’s server, forms and models.')
  .version('0.1.0')
  .showHelpAfterError('(add --help for the options and examples)')
  .configureHelp({
    showGlobalOptions: true,
    optionDescription: option => `${option.description}${describeValue(option)}`,
  })
  .exitOverride()

/** What Commander says of an option's values, and whether it must be given. */
function describeValue({ mandatory, argChoices, defaultValue }: Option): string {
  const facts = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(defaultValue === undefined || String(defaultValue) === '' ? [] : [`default: ${String(defaultValue)}`]),
  ]
  return facts.length === 0 ? '' : ` (${facts.join('; ')})`
}

addFormVerbs(program)
addModelVerbs(program)
addOutcomesVerbs(program)
addCollectorVerbs(program)
addKeyVerbs(program)
addAgentVerbs(program)

// `murram … | head` closes our output early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code)))
    process.exitCode = sayFault(fault('store.damaged', error.message), { json: process.argv.includes('--json') })
  else {
    print.note(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  }
}
