/** `murram keys …`: whose keys a project trusts, and what to do when one is lost or stolen. */
import type { Command } from 'commander'
import type * as keyCommands from '../commands/keys.ts'
import { examples, run, several, whole } from './declare-verb.ts'

type Keys = typeof keyCommands

const load = (): Promise<Keys> => import('../commands/keys.ts')

export function addKeyVerbs(program: Command): void {
  const keys = program.command('keys').description('whose keys the project trusts (docs/keys.md)')
  const atCollector = (name: string, about: string): Command =>
    keys
      .command(name)
      .description(about)
      .option('--data <folder>', 'data folder of the collector, for its admin token', 'data/collector')
      .option('--collector <url>', 'address of the running collector', 'http://127.0.0.1:8080')
      .option('--json', 'one JSON object')

  keys
    .command('new-root-key')
    .description('one holder’s root key, under MURRAM_PASSPHRASE, and its public half beside it')
    .requiredOption('--holder <name>', 'who keeps it')
    .requiredOption('-o, --out <file>', 'the file to write; it must not be there')
    .option('--json', 'one JSON object')
    .addHelpText('after', examples(['MURRAM_PASSPHRASE=… murram keys new-root-key --holder Achieng -o achieng.key']))
    .action(run(async (options: Parameters<Keys['newRootKey']>[0]) => (await load()).newRootKey(options)))
  atCollector('draft-root', 'the next root document, for its holders to sign; nothing changes by it')
    .option('--root-key <file>', 'public half of a root key, for each one from then on; as before if absent', several)
    .option('--threshold <n>', 'how many of them must sign; more than half if absent', whole)
    .option('--rotate-release', 'with a new release key')
    .option('--rotate-freshness', 'with a new freshness key')
    .requiredOption('-o, --out <file>', 'the draft')
    .addHelpText(
      'after',
      examples(['murram keys draft-root --root-key a.key.pub --root-key b.key.pub --root-key c.key.pub -o draft.json']),
    )
    .action(run(async (options: Parameters<Keys['draftRoot']>[0]) => (await load()).draftRoot(options)))
  keys
    .command('sign-root <draft>')
    .description('says what a draft changes, and signs it with one root key; needs no collector')
    .requiredOption('--key <file>', 'the root key; its passphrase in MURRAM_PASSPHRASE')
    .option('--json', 'one JSON object')
    .action(
      run(async (draft: string, options: Parameters<Keys['signRoot']>[1]) => (await load()).signRoot(draft, options)),
    )
  atCollector('publish-root <draft>', 'a draft that enough root keys have signed becomes the root document').action(
    run(async (draft: string, options: Parameters<Keys['publishRoot']>[1]) =>
      (await load()).publishRoot(draft, options),
    ),
  )
  atCollector('show', 'the root document in force, who holds what, and what should be done').action(
    run(async (options: Parameters<Keys['showKeys']>[0]) => (await load()).showKeys(options)),
  )
  atCollector('rotate-release', 'another release key: at once, or as a draft where people hold root')
    .option('-o, --out <file>', 'the draft')
    .action(
      run(async (options: Parameters<Keys['rotateOnline']>[1]) => (await load()).rotateOnline('release', options)),
    )
  atCollector('rotate-freshness', 'another freshness key: at once, or as a draft where people hold root')
    .option('-o, --out <file>', 'the draft')
    .action(
      run(async (options: Parameters<Keys['rotateOnline']>[1]) => (await load()).rotateOnline('freshness', options)),
    )
  atCollector('replace-root-key', 'drafts a root document in which one holder’s key takes the place of another')
    .requiredOption('--old <key>', 'key id, its beginning, or the holder’s name')
    .requiredOption('--new <file>', 'public half of the key to come')
    .requiredOption('-o, --out <file>', 'the draft')
    .action(run(async (options: Parameters<Keys['replaceRootKey']>[0]) => (await load()).replaceRootKey(options)))
}
