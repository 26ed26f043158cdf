/** `murram agent …`: an officer’s laptop without a window. */
import type { Command } from 'commander'
import type * as agentBundleVerbs from '../commands/agent-bundle.ts'
import type * as agentKeyVerbs from '../commands/agent-key.ts'
import type * as agentVerbs from '../commands/agent.ts'
import { examples, whole, port, run } from './declare-verb.ts'
import { addAgentCarryVerbs } from './agent-carry-verbs.ts'

type Agent = typeof agentVerbs
type AgentKey = typeof agentKeyVerbs
type AgentBundle = typeof agentBundleVerbs

export function addAgentVerbs(program: Command): void {
  const agent = program
    .command('agent')
    .description('an officer’s laptop, without a window; MURRAM_PASSPHRASE opens its store, else a key file')
  const agentVerb = (name: string, description: string) =>
    agent
      .command(name)
      .description(description)
      .option('--data <folder>', 'the encrypted store, forms and models', 'data/agent')
      .option('--key-file <file>', 'opens the store where MURRAM_PASSPHRASE is not set (user.key in the data folder)')
      .option('--demo', 'allow demo keys')
      .option('--json', 'one JSON object')
  agentVerb('enroll', 'bind this laptop to a project, once')
    .requiredOption('--collector <url>', 'address of the collector')
    .requiredOption('--token <token>', 'from the central team; it enrols one laptop')
    .requiredOption('--officer <name>', 'who works with it')
    .addHelpText(
      'after',
      examples(['murram agent enroll --collector https://centre.example --token … --officer Akello --data ./laptop']),
    )
    .action(
      run(async (options: Parameters<Agent['agentEnroll']>[0]) =>
        (await import('../commands/agent.ts')).agentEnroll(options),
      ),
    )
  agentVerb('start', 'sync whenever a link appears, and serve the officer’s page')
    .option('--port <n>', 'of the page, on this machine only (0: any)', port, 0)
    .option('--collector <url>', 'another address than the one enrolled at')
    .addHelpText('after', examples(['MURRAM_PASSPHRASE=… murram agent start --data ./laptop']))
    .action(
      run(async (options: Parameters<Agent['agentStart']>[0]) =>
        (await import('../commands/agent.ts')).agentStart(options),
      ),
    )
  agentVerb('sync', 'everything up and down once')
    .option('--collector <url>', 'another address than the one enrolled at')
    .option('--seconds <n>', 'give up after', whole, 120)
    .addHelpText('after', examples(['murram agent sync --data ./laptop || echo "something waits"']))
    .action(
      run(async (options: Parameters<Agent['agentSync']>[0]) =>
        (await import('../commands/agent.ts')).agentSync(options),
      ),
    )
  agentVerb('status', 'what waits here, without opening one answer')
    .addHelpText('after', examples(['murram agent status --data ./laptop --json | jq .outbox.waiting']))
    .action(
      run(async (options: Parameters<Agent['agentStatus']>[0]) =>
        (await import('../commands/agent.ts')).agentStatus(options),
      ),
    )
  agentVerb('export-bundle', 'what waits here as a sealed file, for a stick')
    .requiredOption('--to <file>', 'a file, or a folder that is there, such as a stick')
    .option('--unsent', 'what the centre has not received yet (this is what happens anyway)')
    .option('--all', 'everything that was saved here')
    .addHelpText('after', examples(['murram agent export-bundle --data ./laptop --to /media/stick']))
    .action(
      run(async (options: Parameters<AgentBundle['agentExportBundle']>[0]) =>
        (await import('../commands/agent-bundle.ts')).agentExportBundle(options),
      ),
    )
  agentVerb('import-bundle', 'the centre’s answer from a stick: receipts, returns, changes, forms, models')
    .argument('<file...>', 'written at the centre for this laptop; of a folder whatever is for it')
    .addHelpText(
      'after',
      examples([
        'murram agent import-bundle /media/stick --data ./laptop',
        'murram agent import-bundle /media/stick/for-4f1c….murram --data ./laptop',
      ]),
    )
    .action(
      run(async (files: string[], options: Parameters<AgentBundle['agentImportBundle']>[1]) =>
        (await import('../commands/agent-bundle.ts')).agentImportBundle(files, options),
      ),
    )
  addAgentCarryVerbs(agentVerb)
  agentVerb('diagnostics', 'write a file for whoever helps, sealed to the central team')
    .addHelpText('after', examples(['murram agent diagnostics --data ./laptop']))
    .action(
      run(async (options: Parameters<Agent['agentDiagnostics']>[0]) =>
        (await import('../commands/agent.ts')).agentDiagnostics(options),
      ),
    )

  agentVerb('change-passphrase', 'another passphrase for this laptop; what is saved stays as it is')
    .addHelpText(
      'after',
      examples(['MURRAM_PASSPHRASE=old MURRAM_NEW_PASSPHRASE=new murram agent change-passphrase --data ./laptop']),
    )
    .action(
      run(async (options: Parameters<AgentKey['agentChangePassphrase']>[0]) =>
        (await import('../commands/agent-key.ts')).agentChangePassphrase(options),
      ),
    )
  agentVerb('rekey', 'the store under a new key, all of it written anew; the passphrase stays')
    .addHelpText('after', examples(['MURRAM_PASSPHRASE=… murram agent rekey --data ./laptop']))
    .action(
      run(async (options: Parameters<AgentKey['agentRekey']>[0]) =>
        (await import('../commands/agent-key.ts')).agentRekey(options),
      ),
    )
  agentVerb('ask-recovery', 'the passphrase is forgotten: write a request that only the central team can answer')
    .requiredOption('--to <file>', 'where the request is written')
    .addHelpText('after', examples(['murram agent ask-recovery --data ./laptop --to request.json']))
    .action(
      run(async (options: Parameters<AgentKey['agentAskRecovery']>[0]) =>
        (await import('../commands/agent-key.ts')).agentAskRecovery(options),
      ),
    )
  agentVerb('recover', 'set a new passphrase with the central team’s answer')
    .argument('<answer>', 'what murram collector answer-recovery wrote')
    .addHelpText('after', examples(['MURRAM_NEW_PASSPHRASE=new murram agent recover answer.json --data ./laptop']))
    .action(
      run(async (answer: string, options: Parameters<AgentKey['agentRecover']>[1]) =>
        (await import('../commands/agent-key.ts')).agentRecover(answer, options),
      ),
    )
}
