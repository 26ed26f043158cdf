/** `murram agent …` where no network is: sealed copies, and work that a colleague carries. */
import { Option, type Command } from 'commander'
import type * as carryVerbs from '../commands/agent-carry.ts'
import type * as copyVerbs from '../commands/agent-copies.ts'
import { examples, run } from './declare-verb.ts'

type Carry = typeof carryVerbs
type Copies = typeof copyVerbs

export function addAgentCarryVerbs(agentVerb: (name: string, description: string) => Command): void {
  agentVerb('carry', 'carry sealed work for colleagues on the same hotspot; prints address and code')
    .requiredOption('--listen <host:port>', 'where to listen, such as 0.0.0.0:7100')
    .addHelpText('after', examples(['murram agent carry --listen 0.0.0.0:7100 --data ./supervisor']))
    .action(
      run(async (options: Parameters<Carry['agentCarry']>[0]) =>
        (await import('../commands/agent-carry.ts')).agentCarry(options),
      ),
    )
  agentVerb('hand-over', 'give what waits here, sealed, to a laptop that carries, and fetch what it brought back')
    .requiredOption('--to <url>', 'as the other laptop shows it')
    .requiredOption('--code <digits>', 'as the other laptop shows it')
    .addHelpText(
      'after',
      examples(['murram agent hand-over --to http://192.168.43.1:7100 --code 123456 --data ./laptop']),
    )
    .action(
      run(async (options: Parameters<Carry['agentHandOver']>[0]) =>
        (await import('../commands/agent-carry.ts')).agentHandOver(options),
      ),
    )
  agentVerb('copies', 'sealed copies of what only this laptop has; made by themselves after each change')
    .option(
      '--add <folder>',
      'keep one there: another disk, a stick; the folder must be there, so that none is made where no stick is',
    )
    .option('--remove <folder>', 'keep none there any more; what is there stays')
    .addOption(
      new Option(
        '--at-centre <on|off>',
        'keep one at the centre too, which cannot read it without the recovery key',
      ).choices(['on', 'off']),
    )
    .addHelpText(
      'after',
      examples(['murram agent copies --add /media/disk --data ./laptop', 'murram agent copies --data ./laptop']),
    )
    .action(
      run(async (options: Parameters<Copies['agentCopies']>[0]) =>
        (await import('../commands/agent-copies.ts')).agentCopies(options),
      ),
    )
  agentVerb('restore-copy', 'a laptop is gone: make it again from a sealed copy, in an empty folder')
    .requiredOption('--from <file>', 'the copy, or a folder with copies of one laptop: then the newest')
    .option('--recovery-data <folder>', 'data folder of the centre: open it by the recovery key')
    .option('--even-damaged', 'take what is readable of a damaged copy')
    .addHelpText(
      'after',
      examples([
        'MURRAM_PASSPHRASE=… murram agent restore-copy --from /media/disk --data ./new   # the passphrase of the lost laptop',
        'MURRAM_COPY_PASSPHRASE=old MURRAM_PASSPHRASE=new murram agent restore-copy --from /media/disk --data ./new',
        'murram agent restore-copy --from /media/disk --recovery-data ./centre --data ./new',
      ]),
    )
    .action(
      run(async (options: Parameters<Copies['agentRestoreCopy']>[0]) =>
        (await import('../commands/agent-copies.ts')).agentRestoreCopy(options),
      ),
    )
  agentVerb('salvage', 'a store does not open any more: what is still readable of it, as a sealed copy')
    .requiredOption('--to <file>', 'a file, or a folder such as a stick')
    .addHelpText('after', examples(['murram agent salvage --data ./broken --to /media/stick']))
    .action(
      run(async (options: Parameters<Copies['agentSalvage']>[0]) =>
        (await import('../commands/agent-copies.ts')).agentSalvage(options),
      ),
    )
}
